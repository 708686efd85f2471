package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.replica.PartitionView;
import io.millrace.metadata.image.PartitionImage;
import java.util.Optional;

/**
 * What leaders of a partition may commit, and what replicas may believe to be committed. Confined
 * to the simulation's thread.
 *
 * <ul>
 *   <li>one process leads in a leader epoch, and its high watermark never moves back (S02, S19);
 *   <li>whoever begins to lead has everything that was committed, unless an election was counted as
 *       one that may lose records (S07, S13, S14);
 *   <li>below its high watermark a replica has what was committed (S12);
 *   <li>those in sync have everything that is committed (S02, S10).
 * </ul>
 */
final class CommitRules {
  private final ClusterWorld world;
  private final int number;
  private final String partition;
  private final KnownReplicas replicas;
  private final LeaderHistory history;
  private final CommittedLog committed;
  private final ToldClients clients;

  /** The rules over what the ledger of a partition knows. */
  CommitRules(
      ClusterWorld world,
      int number,
      KnownReplicas replicas,
      LeaderHistory history,
      CommittedLog committed,
      ToldClients clients) {
    this.world = world;
    this.number = number;
    this.partition = "t" + number;
    this.replicas = replicas;
    this.history = history;
    this.committed = committed;
    this.clients = clients;
  }

  // ---- leaders

  /** Who leads stands like this after a run. */
  void leads(ClusterProcess process, KnownReplica replica, PartitionView view) {
    int epoch = view.leaderEpoch();
    history.leads(process, epoch);
    if (replica.leadsEpoch() != epoch) {
      begins(process, replica, epoch);
      replica.leads(epoch);
    } else {
      require(
          view.highWatermark() >= replica.highWatermark(),
          "%s moves the high watermark of %s back from %d to %d",
          process,
          partition,
          replica.highWatermark(),
          view.highWatermark());
    }
    commit(process, replica, view.highWatermark());
    checkInSync(process, epoch);
  }

  /** Who does not lead may have committed in the run in which it was deposed, or even began. */
  void leadsNoMore(ClusterProcess process, KnownReplica replica, PartitionView view) {
    boolean elected = history.isElected(process.id(), view.leaderEpoch());
    if (replica.leadsEpoch() >= 0 || elected) {
      if (elected && view.highWatermark() > committed.end()) {
        begins(process, replica, view.leaderEpoch());
      }
      commit(process, replica, view.highWatermark());
      replica.leadsNoMore();
    }
  }

  private void begins(ClusterProcess process, KnownReplica replica, int epoch) {
    if (epoch <= history.newestEpoch()) {
      return; // Another one leads by now; what this one commits is compared with that one's log.
    }
    boolean mayLose = history.mayLoseUpTo(epoch);
    history.begins(process.id(), epoch);
    if (mayLose) {
      // Who was deposed and does not know may commit on: what it commits is lost already.
      replicas.all().forEach(each -> each.doubtfulBefore(epoch));
      replica.doubtful(false);
    }
    int same = committed.samePrefix(replica);
    if (same == committed.size()) {
      return;
    }
    require(
        mayLose,
        "%s begins to lead %s in epoch %d without %s, which was committed",
        process,
        partition,
        epoch,
        committed.get(same));
    loseFrom(same);
    replica.doubtful(false);
  }

  private void loseFrom(int index) {
    long offset = committed.get(index).baseOffset();
    int gone = committed.loseFrom(index);
    world.trace().add("%s loses %d batches, as it may", partition, gone);
    world.stats().allowedLosses += gone;
    clients.lost();
    replicas.all().forEach(replica -> replica.lostFrom(offset));
  }

  /** A replica has committed everything below its high watermark, as a leader does. */
  void commit(ClusterProcess process, KnownReplica leader, long highWatermark) {
    if (highWatermark <= committed.end() || leader.isDoubtful()) {
      return;
    }
    require(
        committed.samePrefix(leader) == committed.size(),
        "%s commits other batches of %s than were committed before",
        process,
        partition);
    Optional<LogEntry> next = LogEntry.firstFrom(leader.entries(), committed.end());
    while (committed.end() < highWatermark && next.isPresent()) {
      checkNewestLeaderHas(process, next.get());
      committed.add(next.get());
      next = LogEntry.firstFrom(leader.entries(), committed.end());
    }
    require(
        committed.end() == highWatermark,
        "%s has a high watermark of %d in the middle of a batch: %s",
        partition,
        highWatermark,
        leader.last());
  }

  /** Who was deposed may commit still, but only what its successor has, if that counts still. */
  private void checkNewestLeaderHas(ClusterProcess process, LogEntry entry) {
    KnownReplica newest = replicas.of(history.newestLeader());
    require(
        history.newestLeader() == process.id()
            || newest.isDamaged()
            || !history.standing().contains(history.newestLeader())
            || newest.logStart() > entry.lastOffset()
            || newest.at(entry.baseOffset()).filter(entry::equals).isPresent(),
        "%s commits %s of %s, which the leader of epoch %d, broker %d, does not have",
        process,
        entry,
        partition,
        history.newestEpoch(),
        history.newestLeader());
  }

  /** S02, S10: those in sync have what is committed. */
  private void checkInSync(ClusterProcess leader, int epoch) {
    Optional<PartitionImage> image = world.partition(number);
    if (image.isEmpty()
        || image.get().leaderEpoch() != epoch
        || image.get().leader() != leader.id()) {
      return;
    }
    for (int member : image.get().isr()) {
      KnownReplica replica = replicas.of(member);
      require(
          replica.isDamaged() || replica.end() >= committed.end(),
          "%s leads %s, of which all up to %d is committed, and broker %d is in sync with %d",
          leader,
          partition,
          committed.end(),
          member,
          replica.end());
    }
  }

  // ---- followers

  /** S12: below its high watermark a replica has what was committed. */
  void verify(ClusterProcess process, KnownReplica replica, PartitionView view) {
    long highWatermark = view.highWatermark();
    if (replica.isDoubtful() && view.leaderEpoch() >= replica.doubtfulBefore()) {
      replica.doubtful(!committed.agreesWith(replica) || highWatermark > committed.end());
    }
    if (replica.isDoubtful()) {
      return;
    }
    for (Optional<LogEntry> next = replica.nextToVerify(highWatermark);
        next.isPresent();
        next = replica.nextToVerify(highWatermark)) {
      LogEntry has = next.get();
      require(
          has.lastOffset() < committed.end(),
          "%s has a high watermark of %d for %s, where %d is committed",
          process,
          highWatermark,
          partition,
          committed.end());
      Optional<LogEntry> expected = committed.at(has.baseOffset());
      require(
          expected.filter(has::equals).isPresent(),
          "%s has %s below its high watermark %d of %s, where %s was committed",
          process,
          has,
          highWatermark,
          partition,
          expected);
      replica.verified(has);
    }
  }
}
