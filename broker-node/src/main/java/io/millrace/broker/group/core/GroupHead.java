package io.millrace.broker.group.core;

/**
 * What holds for a group as a whole.
 *
 * @param epoch grows with each change of members, subscriptions or topics; not below the epoch of
 *     any member that has gone
 * @param emptySinceMs since when it has no members, in milliseconds since 1970 UTC, or {@link
 *     #NOT_EMPTY}
 * @param topicsHash {@link TopicMatches#hash} of the topics that the epoch rests on
 */
record GroupHead(int epoch, long emptySinceMs, long topicsHash) {
  /** {@link #emptySinceMs} of a group with members. */
  static final long NOT_EMPTY = -1;

  /** A group that never had a member. */
  static final GroupHead NONE = new GroupHead(0, NOT_EMPTY, 0);
}
