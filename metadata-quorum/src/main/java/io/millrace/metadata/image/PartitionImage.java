package io.millrace.metadata.image;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

/**
 * Everything that the metadata says of a partition.
 *
 * @param replicas the replicas' brokers, the preferred leader first; no broker twice
 * @param directories the replicas' log directories in the order of the replicas, {@link
 *     #UNASSIGNED} for one that its broker has not chosen yet
 * @param isr the in-sync replicas, a part of the replicas
 * @param elr the eligible leader replicas (KIP-966), a part of the replicas apart from the ISR
 * @param leadership who leads
 * @param partitionEpoch grows with each change of the partition
 * @param effectiveMinIsr the in-sync replicas that an acknowledgement needs: the smaller of
 *     min.insync.replicas and the replica count
 */
public record PartitionImage(
    List<Integer> replicas,
    List<UUID> directories,
    List<Integer> isr,
    List<Integer> elr,
    Leadership leadership,
    int partitionEpoch,
    int effectiveMinIsr) {

  /** Stands for no broker. */
  public static final int NO_BROKER = 0;

  /** Stands for a log directory that is not chosen yet. */
  public static final UUID UNASSIGNED = new UUID(0, 0);

  /**
   * Who leads a partition.
   *
   * @param leader the leader's broker, in the ISR or (after an unclean election) a replica; {@link
   *     #NO_BROKER} while there is none
   * @param epoch grows with each change of leader
   * @param lastKnown the last leader while ISR and ELR are empty, else {@link #NO_BROKER}
   */
  public record Leadership(int leader, int epoch, int lastKnown) {}

  public PartitionImage {
    replicas = List.copyOf(replicas);
    directories = List.copyOf(directories);
    isr = List.copyOf(isr);
    elr = List.copyOf(elr);
    if (replicas.isEmpty() || directories.size() != replicas.size()) {
      throw new IllegalArgumentException(
          "directories: " + directories + " (expected: one for each of " + replicas + ")");
    }
    if (new HashSet<>(replicas).size() != replicas.size()) {
      throw new IllegalArgumentException("replicas: " + replicas + " (expected: no broker twice)");
    }
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

  /** The leader's broker, or {@link #NO_BROKER}. */
  public int leader() {
    return leadership.leader();
  }

  /** The leader epoch. */
  public int leaderEpoch() {
    return leadership.epoch();
  }

  /** The last leader while ISR and ELR are empty, else {@link #NO_BROKER}. */
  public int lastKnownLeader() {
    return leadership.lastKnown();
  }

  /**
   * The directory of a broker's replica, {@link #UNASSIGNED} when none is chosen.
   *
   * @throws IllegalArgumentException if the broker has no replica
   */
  public UUID directoryOf(int broker) {
    int index = replicas.indexOf(broker);
    if (index < 0) {
      throw new IllegalArgumentException(
          "broker: " + broker + " (expected: one of " + replicas + ")");
    }
    return directories.get(index);
  }

  /** Without a leader, in the next leader epoch: whoever led, leads no more. */
  public PartitionImage withoutLeader() {
    return withLeader(NO_BROKER);
  }

  /** Led by a broker in the next leader epoch. */
  public PartitionImage withLeader(int broker) {
    Leadership next = new Leadership(broker, leaderEpoch() + 1, lastKnownLeader());
    return new PartitionImage(
        replicas, directories, isr, elr, next, partitionEpoch + 1, effectiveMinIsr);
  }

  /** With another effective min ISR, which clears the ELR (S03). */
  public PartitionImage withEffectiveMinIsr(int minIsr) {
    return new PartitionImage(
        replicas, directories, isr, List.of(), leadership, partitionEpoch + 1, minIsr);
  }

  /** With a broker's replica in a directory. */
  public PartitionImage withDirectory(int broker, UUID directory) {
    List<UUID> changed = new ArrayList<>(directories);
    changed.set(replicas.indexOf(broker), directory);
    return new PartitionImage(
        replicas, changed, isr, elr, leadership, partitionEpoch + 1, effectiveMinIsr);
  }
}
