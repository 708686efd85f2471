package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.metadata.image.PartitionImage;
import io.millrace.proto.internal.v1.PartitionChange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Who was elected to lead a partition, and which process led it: one in each leader epoch (S02,
 * S19). Confined to the simulation's thread.
 */
final class LeaderHistory {
  private final String partition;

  /** Who leads or led in an epoch. */
  private final Map<Integer, UUID> leaders = new HashMap<>();

  /** The broker that is or was to lead in an epoch. */
  private final Map<Integer, Integer> elected = new HashMap<>();

  /** Leader epochs whose election may lose records, as the controller counts. */
  private final TreeSet<Integer> uncleanEpochs = new TreeSet<>();

  private List<Integer> isr = List.of();
  private List<Integer> elr = List.of();

  /** Who was in sync or eligible when somebody was last. */
  private Set<Integer> standing = Set.of();

  /** An administrator has asked for an election that may lose records. */
  private boolean forced;

  /** The newest epoch whose leader was seen to begin, and its broker. */
  private int newestEpoch = -1;

  private int newestLeader;

  /** Nobody has led the partition that is called so. */
  LeaderHistory(String partition) {
    this.partition = partition;
  }

  /** A state was committed that came of an election that may lose records. */
  void unclean(PartitionImage after) {
    uncleanEpochs.add(after.leaderEpoch());
  }

  /** One of the changes of an entry: each may be the last that leaves somebody standing. */
  void passes(PartitionChange change) {
    if (change.hasIsr()) {
      isr = change.getIsr().getIdsList();
    }
    if (change.hasElr()) {
      elr = change.getElr().getIdsList();
    }
    stand();
  }

  /** A state was committed. */
  void changed(PartitionImage after) {
    elected.put(after.leaderEpoch(), after.leader());
    isr = List.copyOf(after.isr());
    elr = List.copyOf(after.elr());
    stand();
  }

  private void stand() {
    Set<Integer> now = new HashSet<>(isr);
    now.addAll(elr);
    if (!now.isEmpty()) {
      standing = now;
    }
  }

  /** Who was in sync or eligible when somebody was last. */
  Set<Integer> standing() {
    return standing;
  }

  /** An administrator has a leader elected, whatever may be lost. */
  void force() {
    forced = true;
  }

  boolean isForced() {
    return forced;
  }

  /** Whether a broker is or was to lead in an epoch. */
  boolean isElected(int broker, int epoch) {
    return elected.getOrDefault(epoch, PartitionImage.NO_BROKER) == broker;
  }

  /** A process leads in an epoch. */
  void leads(ClusterProcess process, int epoch) {
    UUID other = leaders.putIfAbsent(epoch, process.incarnation());
    require(
        other == null || other.equals(process.incarnation()),
        "%s is led in epoch %d by %s and by process %s",
        partition,
        epoch,
        process,
        other);
  }

  /** Whether an election between the newest leader and this one may have lost records. */
  boolean mayLoseUpTo(int epoch) {
    return mayLose(newestEpoch, epoch);
  }

  /** Whether an election behind an epoch, up to another one, may have lost records. */
  boolean mayLose(int epoch, int upToEpoch) {
    return !uncleanEpochs.subSet(epoch + 1, upToEpoch + 1).isEmpty();
  }

  /** A broker begins to lead in an epoch that is newer than all others that began. */
  void begins(int broker, int epoch) {
    newestEpoch = epoch;
    newestLeader = broker;
  }

  int newestEpoch() {
    return newestEpoch;
  }

  /** The broker of the newest epoch whose leader was seen to begin; 0 if none was. */
  int newestLeader() {
    return newestLeader;
  }
}
