package io.millrace.broker.group.core;

/** What waits to be decided, and goes into the next append. */
sealed interface Work {
  /**
   * A client's command.
   *
   * @param token names the request
   * @param command what is wanted
   */
  record Request(RequestToken token, GroupCommand command) implements Work {}

  /**
   * A member may have been silent for too long.
   *
   * @param key the member
   */
  record SessionDue(MemberKey key) implements Work {}

  /**
   * A member may have taken too long to give partitions up.
   *
   * @param key the member
   */
  record RevocationDue(MemberKey key) implements Work {}

  /** Topics changed, or the partition was loaded: any group may need new targets. */
  record Refresh() implements Work {}

  /** Some groups are to be swept. */
  record Sweep() implements Work {}
}
