package io.millrace.broker.replica.core;

/** What this broker is to a partition. */
public enum Role {
  /** Nothing yet, or no longer the leader: requests are refused. */
  IDLE,
  /** Follows the leader of the current epoch. */
  FOLLOWER,
  /** The leader of the current epoch. */
  LEADER,
  /** The log directory failed: refused for good in the life of this object. */
  OFFLINE,
  /** Deleted or shut down: refused for good in the life of this object. */
  CLOSED;

  /** Whether no later event changes the role. */
  public boolean terminal() {
    return this == OFFLINE || this == CLOSED;
  }
}
