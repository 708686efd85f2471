package io.millrace.client.api;

/** What a group is doing. */
public enum GroupState {
  /** A newer broker says something that this client does not know. */
  UNKNOWN,
  /** It has no members. */
  EMPTY,
  /** Partitions are still on the way from one member to another. */
  RECONCILING,
  /** Every member has what it is to have. */
  STABLE
}
