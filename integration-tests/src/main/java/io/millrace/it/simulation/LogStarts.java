package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.replica.PartitionView;
import io.millrace.metadata.image.PartitionImage;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Where the logs of a partition's replicas may begin (S33). Confined to the simulation's thread.
 *
 * <ul>
 *   <li>a log start is never above the high watermark, and a crash does not take it back;
 *   <li>no leader has what a client was told is deleted, unless an election since then may lose
 *       what was committed (KIP-107);
 *   <li>a follower's is none that no leader ever had, unless retention moves each replica's by
 *       itself;
 *   <li>in the end no follower's is below its leader's.
 * </ul>
 */
final class LogStarts {
  private final ClusterWorld world;
  private final int number;
  private final KnownReplicas replicas;
  private final LeaderHistory history;
  private final CommittedLog committed;

  /** The largest that a leader ever had, or was asked for: its end may hide that it moved. */
  private long largestOfLeaders;

  /** The largest that a leader was seen with. */
  private long largestSeen;

  /** The largest that clients were told, by the leader epoch. */
  private final NavigableMap<Integer, Long> told = new TreeMap<>();

  /** All logs of the ledger's partition begin at 0. */
  LogStarts(
      ClusterWorld world,
      int number,
      KnownReplicas replicas,
      LeaderHistory history,
      CommittedLog committed) {
    this.world = world;
    this.number = number;
    this.replicas = replicas;
    this.history = history;
    this.committed = committed;
  }

  /** A log is opened after its process came to an end, with this log start. */
  void recovered(ClusterProcess process, KnownReplica replica, long logStart) {
    require(
        logStart >= replica.logStart(),
        "the log of %s at %s begins at %d after its process was %s (expected: at least %d)",
        this,
        process,
        logStart,
        replica.ending(),
        replica.logStart());
  }

  /** A replica stands like this after a run. */
  void observe(ClusterProcess process, PartitionView view) {
    long start = view.logStartOffset();
    require(
        start <= view.highWatermark(),
        "%s has a log start of %d for %s, above its high watermark %d",
        process,
        start,
        this,
        view.highWatermark());
    committed.deletedBelow(start);
    if (view.leads()) {
      world.stats().logStartMoves += start > largestSeen ? 1 : 0;
      largestSeen = Math.max(largestSeen, start);
      largestOfLeaders = Math.max(largestOfLeaders, start);
      checkDeleted(process, view);
    } else {
      require(
          start <= largestOfLeaders || movesByItself(),
          "%s follows with a log start of %d for %s (expected: at most %d, as leaders had)",
          process,
          start,
          this,
          largestOfLeaders);
    }
  }

  /** Who was deposed and does not know is not asked. */
  private void checkDeleted(ClusterProcess leader, PartitionView view) {
    int epoch = view.leaderEpoch();
    if (epoch < history.newestEpoch()) {
      return;
    }
    told.headMap(epoch, true)
        .forEach(
            (toldIn, offset) ->
                require(
                    view.logStartOffset() >= offset || history.mayLose(toldIn, epoch),
                    "%s leads %s in epoch %d from %d on, though a client was told in epoch %d that all below %d is deleted",
                    leader,
                    this,
                    epoch,
                    view.logStartOffset(),
                    toldIn,
                    offset));
  }

  private boolean movesByItself() {
    return world.setup().topics().get(number).retentionBytes() >= 0;
  }

  /** A leader is asked to delete all below an offset. */
  void asked(long offset) {
    largestOfLeaders = Math.max(largestOfLeaders, offset);
  }

  /** A client was told in a leader epoch that all below an offset is deleted. */
  void told(int epoch, long offset) {
    told.merge(epoch, offset, Math::max);
  }

  /** What is not as it should be when nothing goes wrong any more; empty if all is. */
  String unsettled(PartitionImage partition) {
    long leader = replicas.of(partition.leader()).logStart();
    for (int broker : partition.replicas()) {
      long start = replicas.of(broker).logStart();
      if (start < leader) {
        return "the log of %s at broker %d begins at %d (expected: at least %d, as at the leader); "
            .formatted(this, broker, start, leader);
      }
    }
    return "";
  }

  @Override
  public String toString() {
    return "t" + number;
  }
}
