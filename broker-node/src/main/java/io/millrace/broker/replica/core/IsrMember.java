package io.millrace.broker.replica.core;

/**
 * A member of a proposed ISR.
 *
 * @param brokerId its broker
 * @param brokerEpoch the registration of the broker that the leader has heard of (KIP-903), or -1
 *     for a member that is in the ISR already
 */
public record IsrMember(int brokerId, long brokerEpoch) {
  /** The broker epoch of one whose registration is not in question. */
  public static final long ANY_EPOCH = -1;
}
