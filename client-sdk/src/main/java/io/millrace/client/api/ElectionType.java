package io.millrace.client.api;

/** Which election an administrator asks for. */
public enum ElectionType {
  /** The preferred leader, the first of the replicas, where it is in sync and another one leads. */
  PREFERRED,
  /** Any live replica, where there is no leader: acknowledged records may be lost. */
  UNCLEAN
}
