package io.millrace.metadata.image;

/** What a registered broker may do. */
public enum BrokerState {
  /** It may neither lead nor be in sync: it is starting, or has not been heard of. */
  FENCED,
  /** It may lead. */
  ACTIVE,
  /**
   * It is stopping in an orderly way: it leads what nobody else can, and nothing is added to it.
   */
  IN_CONTROLLED_SHUTDOWN
}
