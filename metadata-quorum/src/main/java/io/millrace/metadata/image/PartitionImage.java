package io.millrace.metadata.image;

import java.util.List;
import java.util.UUID;

/**
 * Everything that the metadata says of a partition.
 *
 * @param assignment where the replicas are
 * @param isr the in-sync replicas, a part of the replicas
 * @param elr the eligible leader replicas (KIP-966), a part of the replicas apart from the ISR;
 *     empty while the ISR is not below the effective min ISR
 * @param leadership who leads
 * @param partitionEpoch grows with each change of the partition
 * @param effectiveMinIsr the in-sync replicas that an acknowledgement needs: the smaller of
 *     min.insync.replicas and the replica count
 */
public record PartitionImage(
    Assignment assignment,
    List<Integer> isr,
    List<Integer> elr,
    Leadership leadership,
    int partitionEpoch,
    int effectiveMinIsr) {

  /** Stands for no broker. */
  public static final int NO_BROKER = 0;

  /** Stands for a log directory that is not chosen yet. */
  public static final UUID UNASSIGNED = new UUID(0, 0);

  /** Stands for a log directory that was not known, and is gone. */
  public static final UUID LOST = new UUID(0, 1);

  /**
   * Who leads a partition.
   *
   * @param leader the leader's broker, in the ISR; {@link #NO_BROKER} while there is none
   * @param epoch grows with each change of leader
   * @param lastKnown the last leader while there is none, else {@link #NO_BROKER}
   */
  public record Leadership(int leader, int epoch, int lastKnown) {}

  public PartitionImage {
    List<Integer> replicas = assignment.replicas();
    isr = isr.equals(replicas) ? replicas : BrokerList.copyOf(isr);
    elr = BrokerList.copyOf(elr);
    if (!replicas.containsAll(isr) || !replicas.containsAll(elr)) {
      throw new IllegalArgumentException(
          "isr: " + isr + ", elr: " + elr + " (expected: among " + replicas + ")");
    }
    if (leadership.leader() != NO_BROKER && !replicas.contains(leadership.leader())) {
      throw new IllegalArgumentException(
          "leader: " + leadership.leader() + " (expected: one of " + replicas + ")");
    }
    if (effectiveMinIsr < 1 || effectiveMinIsr > replicas.size()) {
      throw new IllegalArgumentException(
          "effectiveMinIsr: " + effectiveMinIsr + " (expected: [1, " + replicas.size() + "])");
    }
  }

  /** A partition whose replicas are not being reassigned. */
  public PartitionImage(
      List<Integer> replicas,
      List<UUID> directories,
      List<Integer> isr,
      List<Integer> elr,
      Leadership leadership,
      int partitionEpoch,
      int effectiveMinIsr) {
    this(
        Assignment.of(replicas, directories),
        isr,
        elr,
        leadership,
        partitionEpoch,
        effectiveMinIsr);
  }

  /** The replicas' brokers, the preferred leader first. */
  public List<Integer> replicas() {
    return assignment.replicas();
  }

  /** The replicas' log directories in the order of the replicas. */
  public List<UUID> directories() {
    return assignment.directories();
  }

  /** The leader's broker, or {@link #NO_BROKER}. */
  public int leader() {
    return leadership.leader();
  }

  /** The leader epoch. */
  public int leaderEpoch() {
    return leadership.epoch();
  }

  /** The last leader while there is none, else {@link #NO_BROKER}. */
  public int lastKnownLeader() {
    return leadership.lastKnown();
  }

  /**
   * Whether a broker's replica can do without what is in its log: another leads, and neither the
   * in-sync nor the eligible replicas have this one.
   */
  public boolean isExpendable(int broker) {
    return leader() != NO_BROKER
        && leader() != broker
        && !isr.contains(broker)
        && !elr.contains(broker);
  }

  /**
   * The directory of a broker's replica, {@link #UNASSIGNED} when none is chosen.
   *
   * @throws IllegalArgumentException if the broker has no replica
   */
  public UUID directoryOf(int broker) {
    return assignment.directoryOf(broker);
  }
}
