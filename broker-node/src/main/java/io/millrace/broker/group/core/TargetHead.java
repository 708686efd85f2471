package io.millrace.broker.group.core;

/**
 * What the members' targets rest on.
 *
 * @param epoch the group epoch that they were worked out for
 * @param assignor how
 */
record TargetHead(int epoch, String assignor) {
  /** Nothing was worked out yet. */
  static final TargetHead NONE = new TargetHead(0, "");
}
