package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.PartitionView;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.proto.internal.v1.PartitionChange;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What is known of one partition of a cluster: of its replicas, of what its leaders commit and of
 * what its clients are told; and, beside the {@link CommitRules}, that no dead process loses
 * anything, and that what a loss of power costs is told (S14). Confined to the simulation's thread.
 */
final class ReplicaLedger {
  private final ClusterWorld world;
  private final int number;
  private final KnownReplicas replicas;
  private final LeaderHistory history;
  private final CommittedLog committed;
  private final ToldClients clients;
  private final CommitRules rules;
  private final LogStarts starts;

  ReplicaLedger(ClusterWorld world, int number) {
    this.world = world;
    this.number = number;
    this.replicas = new KnownReplicas(world.batches(), toString());
    this.history = new LeaderHistory(toString());
    this.committed = new CommittedLog(world.batches(), toString());
    this.clients = new ToldClients(toString(), committed);
    this.rules = new CommitRules(world, number, replicas, history, committed, clients);
    this.starts = new LogStarts(world, number, replicas, history, committed);
  }

  int number() {
    return number;
  }

  long committedEnd() {
    return committed.end();
  }

  // ---- metadata

  /** A change was committed, perhaps together with others. */
  void passes(PartitionChange change) {
    if (change.getUncleanElection()) {
      requireNobodyElse(change.getLeader());
    }
    history.passes(change);
  }

  /** A partition's state was committed. */
  void changed(Optional<PartitionImage> before, PartitionImage after, boolean unclean) {
    if (unclean) {
      history.unclean(after);
      world.stats().uncleanElections++;
    }
    history.changed(after);
    if (before.isPresent()) {
      world.stats().elections += after.leader() != before.get().leader() ? 1 : 0;
      boolean shrinks = before.get().isr().stream().anyMatch(id -> !after.isr().contains(id));
      world.stats().isrShrinks += shrinks ? 1 : 0;
    }
    replicas.each((broker, replica) -> standingChanged(broker, replica, before, after));
  }

  /** What is committed is about the process that is registered, which may be an earlier one. */
  private void standingChanged(
      int broker, KnownReplica replica, Optional<PartitionImage> before, PartitionImage after) {
    if (!world.isRegistered(broker, replica.opened())) {
      return;
    }
    if (!after.isr().contains(broker) && !after.elr().contains(broker)) {
      replica.countsNoMore();
    } else if (after.isr().contains(broker)
        && before.filter(was -> !was.isr().contains(broker)).isPresent()) {
      replica.cameIntoSync();
    }
  }

  /** S13, S14: nobody who was in sync or eligible still has all that was committed. */
  private void requireNobodyElse(int elected) {
    if (history.isForced() || world.setup().topics().get(number).unclean()) {
      return;
    }
    for (int broker : history.standing()) {
      require(
          replicas.of(broker).isSuspect(),
          "the election of broker %d for %s counts as one that may lose records, though broker %d has them all",
          elected,
          this,
          broker);
    }
  }

  /**
   * Whether nobody can lead before an administrator says so: the last leader was the last one to
   * have all that was committed, and its disk is gone.
   */
  boolean isStuck() {
    return world
        .partition(number)
        .filter(partition -> partition.isr().isEmpty() && partition.elr().isEmpty())
        .filter(partition -> replicas.of(partition.lastKnownLeader()).isWiped())
        .isPresent();
  }

  /** An administrator has a leader elected, whatever may be lost. */
  void force() {
    history.force();
  }

  // ---- replicas come and go

  /** A log was made. */
  void created(ClusterProcess process) {
    replicas.create(process);
  }

  /** A log was deleted in order. */
  void removed(int broker) {
    replicas.remove(broker);
  }

  /** A disk is gone. */
  void wiped(int broker) {
    replicas.of(broker).loseDisk();
  }

  /** A process came to an end. */
  void ended(int broker, Ending ending) {
    replicas.of(broker).ended(ending);
  }

  /**
   * A log was opened after its process came to an end.
   *
   * @param lostPageCache whether the machine lost its power, as the process sees it
   */
  void recovered(ClusterProcess process, PartitionLog log, boolean lostPageCache) {
    KnownReplica replica = replicas.of(process.id());
    List<LogEntry> before = List.copyOf(replica.entries());
    starts.recovered(process, replica, log.logStartOffset());
    boolean shorter =
        process
            .machine()
            .faults()
            .sparing(() -> replica.openedBy(process.incarnation(), log.snapshot()));
    if (shorter && replica.ending() == Ending.POWER_LOST) {
      world.stats().lossyCrashes++;
    }
    boolean announced = (lostPageCache && !log.syncedMark()) || log.recovery().unclean();
    if (announced) {
      replica.announcesLoss(shorter);
    } else {
      requireNothingLost(process, replica, before);
    }
  }

  private void requireNothingLost(
      ClusterProcess process, KnownReplica replica, List<LogEntry> before) {
    for (int i = committed.samePrefix(replica); i < committed.size(); i++) {
      LogEntry lacks = committed.get(i);
      if (LogEntry.at(before, lacks.baseOffset()).filter(lacks::equals).isPresent()) {
        require(
            lacks.lastOffset() >= replica.vouchedFor(),
            "%s was %s and lost %s of %s, without a word",
            process,
            replica.ending(),
            lacks,
            this);
      }
    }
  }

  // ---- what replicas do

  /** A replica stands like this after a run. */
  void observe(ClusterProcess process, PartitionView view, long durable) {
    KnownReplica replica = replicas.of(process.id());
    if (process.machine().faults().sparing(() -> replica.look(view))) {
      world.stats().truncations++;
    }
    require(
        replica.end() == view.logEndOffset() && durable <= view.logEndOffset(),
        "%s has a log of %s that ends at %d, durable %d (expected: %d)",
        process,
        this,
        view.logEndOffset(),
        durable,
        replica.end());
    starts.observe(process, view);
    if (view.leads()) {
      rules.leads(process, replica, view);
    } else {
      rules.leadsNoMore(process, replica, view);
    }
    replica.stands(view.highWatermark(), durable);
    rules.verify(process, replica, view);
  }

  // ---- clients

  /** A producer is told by a leader that all in-sync replicas have its batch. */
  void promised(ClusterProcess by, SimulatedBatch batch, long baseOffset) {
    world.stats().acknowledged++;
    KnownReplica replica = replicas.of(by.id());
    if (!committed.isLost(batch) && !replica.isDoubtful()) {
      clients.promised(batch, baseOffset);
    }
  }

  /** A producer was told that its batch is not in the log and never was. */
  void refused(SimulatedBatch batch) {
    clients.refused(batch);
  }

  /** A client was told of the high watermark, by a leader that is not in doubt. */
  void toldHighWatermark(ClusterProcess by, PartitionView view) {
    if (!replicas.of(by.id()).isDoubtful()) {
      clients.highWatermark(view.leaderEpoch(), view.highWatermark());
    }
  }

  /** A reader got whole batches of a leader that is not in doubt. */
  void fetched(ClusterProcess from, PartitionView view, ByteBuffer records) {
    if (!replicas.of(from.id()).isDoubtful()) {
      clients.fetched(view.logStartOffset(), view.highWatermark(), records);
    }
  }

  /** A client asks a leader to delete all below an offset. */
  void askedToDelete(long offset) {
    starts.asked(offset);
  }

  /** A client was told in a leader epoch that all below an offset is deleted. */
  void toldDeleted(int epoch, long offset) {
    world.stats().deletions++;
    starts.told(epoch, offset);
  }

  /** Where the batch ends that begins there in the newest leader's log. */
  long endOfBatchAt(long offset) {
    return replicas.of(history.newestLeader()).entries().stream()
        .filter(entry -> entry.baseOffset() == offset)
        .mapToLong(entry -> entry.lastOffset() + 1)
        .findFirst()
        .orElse(offset);
  }

  // ---- the end

  /** What is not as it should be when nothing goes wrong any more; empty if all is. */
  String unsettled() {
    Optional<PartitionImage> image = world.partition(number);
    if (image.isEmpty()) {
      return this + " is not there; ";
    }
    PartitionImage partition = image.get();
    if (partition.leader() == PartitionImage.NO_BROKER
        || partition.isr().size() < partition.replicas().size()
        || partition.assignment().reassigning()) {
      return this + " is not in order: " + partition + "; ";
    }
    for (int broker : partition.replicas()) {
      KnownReplica replica = replicas.of(broker);
      if (replica.end() != committed.end() || replica.highWatermark() != committed.end()) {
        return "broker %d has %s up to %d, high watermark %d (expected: %d); "
            .formatted(broker, this, replica.end(), replica.highWatermark(), committed.end());
      }
    }
    return starts.unsettled(partition);
  }

  /** Everything is settled: all logs are alike, and what was promised is there. */
  void checkAtEnd() {
    for (int broker : world.partition(number).orElseThrow().replicas()) {
      require(
          committed.samePrefix(replicas.of(broker)) == committed.size()
              && replicas.of(broker).end() == committed.end(),
          "broker %d has another log of %s than was committed",
          broker,
          this);
    }
    clients.checkAtEnd();
    world.stats().batches += committed.size();
  }

  @Override
  public String toString() {
    return "t" + number;
  }
}
