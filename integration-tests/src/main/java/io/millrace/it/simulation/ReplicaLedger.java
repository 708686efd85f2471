package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogSnapshot;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.record.RecordBatch;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.metadata.image.PartitionImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What is known of one partition of a cluster, and what must therefore hold. Confined to the
 * simulation's thread.
 *
 * <p>Follows each replica's log batch by batch as it grows and is cut, and what leaders have
 * committed:
 *
 * <ul>
 *   <li>one process leads in a leader epoch, and its high watermark never moves back (S02, S19);
 *   <li>whoever begins to lead has everything that was committed, unless an election was counted as
 *       one that may lose records (S07, S13, S14);
 *   <li>below its high watermark a replica has what was committed (S12);
 *   <li>those in sync have everything that is committed (S02, S10);
 *   <li>no dead process loses anything, and what a loss of power costs is told (S14);
 *   <li>readers see committed records only, and the same ones each time (S01);
 *   <li>an idempotent producer's batches are committed once and in its order (S28);
 *   <li>leader epochs in a log never go back.
 * </ul>
 */
final class ReplicaLedger {
  private final ClusterWorld world;
  private final int number;
  private final Map<Integer, Replica> replicas = new HashMap<>();

  /** What leaders have committed, from offset 0 on. */
  private final List<Entry> committed = new ArrayList<>();

  /** Who leads or led in an epoch. */
  private final Map<Integer, UUID> leaders = new HashMap<>();

  /** The broker that is or was to lead in an epoch. */
  private final Map<Integer, Integer> elected = new HashMap<>();

  /** Leader epochs whose election may lose records, as the controller counts. */
  private final TreeSet<Integer> uncleanEpochs = new TreeSet<>();

  /** Who was in sync or eligible when somebody was last. */
  private Set<Integer> standing = Set.of();

  /** An administrator has asked for an election that may lose records. */
  private boolean forced;

  /** The newest epoch whose leader was seen to begin, and its broker. */
  private int newestEpoch = -1;

  private int newestLeader;

  /** Batches that were committed and went with an election that may lose records. */
  private final BitSet lost = new BitSet();

  /** Batches whose producers were told that all in-sync replicas have them. */
  private final BitSet promised = new BitSet();

  /** Batches whose producers were told that they are not in the log. */
  private final BitSet refused = new BitSet();

  /** The largest high watermark that a client was told in an epoch, unless lost as it may be. */
  private final TreeMap<Integer, Long> told = new TreeMap<>();

  /** A batch in a log. */
  record Entry(
      long baseOffset,
      long lastOffset,
      int leaderEpoch,
      int batch,
      long producerId,
      int producerEpoch,
      int sequence) {}

  /** What is known of one replica's log. */
  private static final class Replica {
    private final List<Entry> entries = new ArrayList<>();
    private int leadsEpoch = -1;
    private long highWatermark;

    /** What the log calls durable; a loss of power must leave it. */
    private long durable;

    /** So many entries are what was committed. */
    private int verified;

    /** It may have what was committed once and is no more, until it is cut. */
    private boolean doubtful;

    /** It has lost what it had, and is not in sync again. */
    private boolean damaged;

    /** It said that it may have lost something, and has not come into sync since. */
    private boolean suspect;

    /** The process that has it open, or had it last. */
    private Optional<UUID> opened = Optional.empty();

    /** Its disk is gone, and it has not come into sync since. */
    private boolean wiped;

    /** Its disk failed before all that it has could be seen. */
    private boolean unseen;

    private Ending ending = Ending.CLOSED;

    /** Whether it may have less than it is thought to have, or more than is known. */
    boolean inDoubt() {
      return damaged || unseen;
    }

    Optional<Entry> last() {
      return entries.isEmpty() ? Optional.empty() : Optional.of(entries.get(entries.size() - 1));
    }

    long end() {
      return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).lastOffset() + 1;
    }

    void cutTo(long end) {
      while (end() > end) {
        entries.remove(entries.size() - 1);
      }
      verified = Math.min(verified, entries.size());
    }
  }

  ReplicaLedger(ClusterWorld world, int number) {
    this.world = world;
    this.number = number;
  }

  int number() {
    return number;
  }

  long committedEnd() {
    return committed.isEmpty() ? 0 : committed.get(committed.size() - 1).lastOffset() + 1;
  }

  private Replica replica(int broker) {
    return replicas.computeIfAbsent(broker, absent -> new Replica());
  }

  // ---- metadata

  /** A partition's state was committed. */
  void changed(Optional<PartitionImage> before, PartitionImage after, boolean unclean) {
    if (unclean) {
      uncleanEpochs.add(after.leaderEpoch());
      world.stats().uncleanElections++;
      requireNobodyElse(after);
    }
    elected.put(after.leaderEpoch(), after.leader());
    Set<Integer> now = new HashSet<>(after.isr());
    now.addAll(after.elr());
    if (!now.isEmpty()) {
      standing = now;
    }
    if (before.isPresent()) {
      world.stats().elections += after.leader() != before.get().leader() ? 1 : 0;
      boolean shrinks = before.get().isr().stream().anyMatch(id -> !after.isr().contains(id));
      world.stats().isrShrinks += shrinks ? 1 : 0;
    }
    replicas.forEach((broker, replica) -> standingChanged(broker, replica, before, after));
  }

  /** What is committed is about the process that is registered, which may be an earlier one. */
  private void standingChanged(
      int broker, Replica replica, Optional<PartitionImage> before, PartitionImage after) {
    if (!world.isRegistered(broker, replica.opened)) {
      return;
    }
    if (!after.isr().contains(broker) && !after.elr().contains(broker)) {
      replica.damaged = false;
    } else if (after.isr().contains(broker)
        && before.filter(was -> !was.isr().contains(broker)).isPresent()) {
      replica.suspect = false;
      replica.wiped = false;
    }
  }

  /** S13, S14: nobody who was in sync or eligible still has all that was committed. */
  private void requireNobodyElse(PartitionImage after) {
    if (forced || world.setup().topics().get(number).unclean()) {
      return;
    }
    for (int broker : standing) {
      require(
          replica(broker).suspect,
          "the election of broker %d for %s counts as one that may lose records, though broker %d has them all",
          after.leader(),
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
        .filter(partition -> replica(partition.lastKnownLeader()).wiped)
        .isPresent();
  }

  /** An administrator has a leader elected, whatever may be lost. */
  void force() {
    forced = true;
  }

  // ---- replicas come and go

  /** A log was made. */
  void created(ClusterProcess process) {
    Replica made = new Replica();
    made.opened = Optional.of(process.incarnation());
    made.suspect = replica(process.id()).suspect;
    made.wiped = replica(process.id()).wiped;
    replicas.put(process.id(), made);
  }

  /** A log was deleted in order. */
  void removed(int broker) {
    replicas.remove(broker);
  }

  /** A disk is gone. */
  void wiped(int broker) {
    Replica gone = replica(broker);
    gone.cutTo(0);
    gone.damaged = true;
    gone.suspect = true;
    gone.wiped = true;
  }

  /** A process came to an end. */
  void ended(int broker, Ending ending) {
    Replica replica = replica(broker);
    replica.ending = ending;
    replica.leadsEpoch = -1;
  }

  /**
   * A log was opened after its process came to an end.
   *
   * @param lostPageCache whether the machine lost its power, as the process sees it
   */
  void recovered(ClusterProcess process, PartitionLog log, boolean lostPageCache) {
    Replica replica = replica(process.id());
    List<Entry> before = List.copyOf(replica.entries);
    replica.entries.clear();
    replica.verified = 0;
    replica.unseen = false;
    read(replica, log.snapshot(), 0);
    boolean shorter =
        !before.isEmpty() && replica.end() <= before.get(before.size() - 1).lastOffset();
    if (shorter && replica.ending == Ending.POWER_LOST) {
      world.stats().lossyCrashes++;
    }
    boolean announced = (lostPageCache && !log.syncedMark()) || log.recovery().unclean();
    replica.suspect |= announced;
    replica.opened = Optional.of(process.incarnation());
    long vouchedFor = replica.ending == Ending.POWER_LOST ? replica.durable : Long.MAX_VALUE;
    for (int i = samePrefix(replica.entries); i < Math.min(before.size(), committed.size()); i++) {
      Entry had = before.get(i);
      if (had.equals(committed.get(i))) {
        require(
            announced || had.lastOffset() >= vouchedFor,
            "%s was %s and lost %s of %s, without a word",
            process,
            replica.ending,
            had,
            this);
      }
    }
    replica.damaged |= announced && shorter;
  }

  // ---- what replicas do

  /** A replica stands like this after a run. */
  void observe(ClusterProcess process, PartitionView view, long durable) {
    Replica replica = replica(process.id());
    if (view.logEndOffset() < replica.end()) {
      world.stats().truncations++;
      replica.cutTo(view.logEndOffset());
    }
    if (!replica.unseen) {
      see(replica, view.log());
    }
    require(
        replica.unseen || (replica.end() == view.logEndOffset() && durable <= view.logEndOffset()),
        "%s has a log of %s that ends at %d, durable %d (expected: %d)",
        process,
        this,
        view.logEndOffset(),
        durable,
        replica.end());
    if (view.leads()) {
      leads(process, replica, view);
    } else if (replica.leadsEpoch >= 0 || hasLed(process, view)) {
      // What it committed at last, in the run in which it was deposed, or even began to lead.
      commit(process, replica, view.highWatermark());
      replica.leadsEpoch = -1;
    }
    replica.highWatermark = view.highWatermark();
    replica.durable = durable;
    verify(process, replica, view.highWatermark());
  }

  private boolean hasLed(ClusterProcess process, PartitionView view) {
    return elected.getOrDefault(view.leaderEpoch(), PartitionImage.NO_BROKER) == process.id();
  }

  /** If the disk fails under the look, all is seen only when the log is opened again. */
  private void see(Replica replica, LogSnapshot log) {
    try {
      read(replica, log, replica.end());
    } catch (LogDirException e) {
      replica.unseen = true;
    }
  }

  private void read(Replica replica, LogSnapshot log, long from) {
    if (from < log.logEndOffset()) {
      PartitionOpening.forEachChunk(log, from, records -> add(replica, records));
    }
  }

  private void add(Replica replica, ByteBuffer records) {
    int position = records.position();
    while (position < records.limit()) {
      RecordBatch found = RecordBatch.at(records, position);
      int batch = SimulatedBatch.idAt(records, position);
      Optional<Entry> last = replica.last();
      require(
          world.batches().find(batch).isPresent() && found.baseOffset() == replica.end(),
          "a log of %s has %s behind %s",
          this,
          found,
          last);
      require(
          last.filter(entry -> entry.leaderEpoch() > found.leaderEpoch()).isEmpty(),
          "a log of %s goes back in its epochs: %s behind %s",
          this,
          found,
          last);
      replica.entries.add(
          new Entry(
              found.baseOffset(),
              found.lastOffset(),
              found.leaderEpoch(),
              batch,
              found.producerId(),
              found.producerEpoch(),
              found.baseSequence()));
      position += found.sizeInBytes();
    }
  }

  // ---- leaders

  private void leads(ClusterProcess process, Replica replica, PartitionView view) {
    int epoch = view.leaderEpoch();
    UUID other = leaders.putIfAbsent(epoch, process.incarnation());
    require(
        other == null || other.equals(process.incarnation()),
        "%s is led in epoch %d by %s and by process %s",
        this,
        epoch,
        process,
        other);
    if (replica.leadsEpoch != epoch) {
      begins(process, replica, epoch);
      replica.leadsEpoch = epoch;
    } else {
      require(
          view.highWatermark() >= replica.highWatermark,
          "%s moves the high watermark of %s back from %d to %d",
          process,
          this,
          replica.highWatermark,
          view.highWatermark());
    }
    commit(process, replica, view.highWatermark());
    checkInSync(process, epoch);
  }

  private void begins(ClusterProcess process, Replica replica, int epoch) {
    if (epoch <= newestEpoch) {
      return; // Another one leads by now; what this one commits is compared with that one's log.
    }
    boolean mayLose = !uncleanEpochs.subSet(newestEpoch + 1, epoch + 1).isEmpty();
    newestEpoch = epoch;
    newestLeader = process.id();
    int same = samePrefix(replica.entries);
    if (same == committed.size()) {
      return;
    }
    require(
        mayLose,
        "%s begins to lead %s in epoch %d without %s, which was committed",
        process,
        this,
        epoch,
        committed.get(same));
    loseFrom(same);
    replica.doubtful = false;
  }

  private int samePrefix(List<Entry> entries) {
    int same = 0;
    while (same < committed.size()
        && same < entries.size()
        && committed.get(same).equals(entries.get(same))) {
      same++;
    }
    return same;
  }

  private void loseFrom(int index) {
    List<Entry> gone = committed.subList(index, committed.size());
    world.trace().add("%s loses %d batches, as it may", this, gone.size());
    world.stats().allowedLosses += gone.size();
    gone.forEach(entry -> lost.set(entry.batch()));
    gone.clear();
    told.replaceAll((epoch, offset) -> Math.min(offset, committedEnd()));
    for (Replica replica : replicas.values()) {
      replica.doubtful = true;
      replica.verified = Math.min(replica.verified, index);
    }
  }

  private void commit(ClusterProcess process, Replica leader, long highWatermark) {
    if (highWatermark <= committedEnd() || leader.doubtful) {
      return;
    }
    require(
        samePrefix(leader.entries) == committed.size(),
        "%s commits other batches of %s than were committed before",
        process,
        this);
    while (committedEnd() < highWatermark && committed.size() < leader.entries.size()) {
      int index = committed.size();
      Entry next = leader.entries.get(index);
      checkNewestLeaderHas(process, index, next);
      checkProducer(next);
      committed.add(next);
    }
    require(
        committedEnd() == highWatermark || leader.unseen,
        "%s has a high watermark of %d in the middle of a batch: %s",
        this,
        highWatermark,
        committed.get(committed.size() - 1));
  }

  /** Who was deposed may commit still, but only what its successor has. */
  private void checkNewestLeaderHas(ClusterProcess process, int index, Entry entry) {
    Replica newest = replica(newestLeader);
    require(
        newestLeader == process.id()
            || newest.inDoubt()
            || (index < newest.entries.size() && newest.entries.get(index).equals(entry)),
        "%s commits %s of %s, which the leader of epoch %d, broker %d, does not have",
        process,
        entry,
        this,
        newestEpoch,
        newestLeader);
  }

  /** S28: an idempotent producer's batches, once and in order. */
  private void checkProducer(Entry next) {
    SimulatedBatch batch = world.batches().find(next.batch()).orElseThrow();
    if (!batch.idempotent()) {
      return;
    }
    for (int i = committed.size() - 1; i >= 0; i--) {
      Entry before = committed.get(i);
      SimulatedBatch earlier = world.batches().find(before.batch()).orElseThrow();
      if (earlier.producer() == batch.producer()) {
        require(
            batch.order() > earlier.order(),
            "%s has %s behind %s: doubled or out of order",
            this,
            batch,
            earlier);
        int expected = (before.sequence() + earlier.records()) & Integer.MAX_VALUE;
        require(
            before.producerEpoch() != next.producerEpoch() || next.sequence() == expected,
            "%s has %s with sequence %d behind %s: a gap (expected: %d)",
            this,
            batch,
            next.sequence(),
            earlier,
            expected);
        return;
      }
    }
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
      Replica replica = replica(member);
      require(
          replica.inDoubt() || replica.end() >= committedEnd(),
          "%s leads %s, of which all up to %d is committed, and broker %d is in sync with %d",
          leader,
          this,
          committedEnd(),
          member,
          replica.end());
    }
  }

  // ---- followers

  /** S12: below its high watermark a replica has what was committed. */
  private void verify(ClusterProcess process, Replica replica, long highWatermark) {
    if (replica.doubtful) {
      int same = samePrefix(replica.entries);
      boolean agrees = same == Math.min(committed.size(), replica.entries.size());
      replica.doubtful = !agrees || highWatermark > committedEnd();
    }
    while (!replica.doubtful
        && replica.verified < replica.entries.size()
        && replica.entries.get(replica.verified).lastOffset() < highWatermark) {
      Entry has = replica.entries.get(replica.verified);
      require(
          replica.verified < committed.size(),
          "%s has a high watermark of %d for %s, where %d is committed",
          process,
          highWatermark,
          this,
          committedEnd());
      require(
          has.equals(committed.get(replica.verified)),
          "%s has %s below its high watermark %d of %s, where %s was committed",
          process,
          has,
          highWatermark,
          this,
          committed.get(replica.verified));
      replica.verified++;
    }
  }

  // ---- clients

  /** A producer is told that all in-sync replicas have its batch. */
  void promised(ClusterProcess by, SimulatedBatch batch, long baseOffset) {
    world.stats().acknowledged++;
    if (lost.get(batch.id()) || replica(by.id()).unseen) {
      return;
    }
    Optional<Entry> there = at(baseOffset);
    require(
        there.filter(entry -> entry.batch() == batch.id()).isPresent(),
        "%s is acknowledged at %d of %s, where %s is committed",
        batch,
        baseOffset,
        this,
        there);
    promised.set(batch.id());
  }

  /** A producer was told that its batch is not in the log and never was. */
  void refused(SimulatedBatch batch) {
    refused.set(batch.id());
  }

  /** A client was told of the high watermark, by the leader of an epoch. */
  void toldHighWatermark(int epoch, long offset) {
    long before =
        told.headMap(epoch, true).values().stream().mapToLong(each -> each).max().orElse(0);
    require(
        offset >= before,
        "%s: high watermark %d is told in epoch %d after %d",
        this,
        offset,
        epoch,
        before);
    told.put(epoch, offset);
  }

  /** A reader got whole batches of a leader that is not in doubt. */
  void fetched(ClusterProcess from, long highWatermark, ByteBuffer records) {
    if (replica(from.id()).doubtful) {
      return;
    }
    int position = records.position();
    while (position < records.limit()) {
      RecordBatch found = RecordBatch.at(records, position);
      Optional<Entry> there = at(found.baseOffset());
      int batch = SimulatedBatch.idAt(records, position);
      require(
          there.filter(entry -> entry.batch() == batch).isPresent() && found.crcValid(),
          "a reader got %s of %s, where %s is committed",
          found,
          this,
          there);
      require(
          found.lastOffset() < highWatermark,
          "a reader got %s of %s, beyond the high watermark %d",
          found,
          this,
          highWatermark);
      position += found.sizeInBytes();
    }
  }

  private Optional<Entry> at(long baseOffset) {
    int low = 0;
    int high = committed.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Entry entry = committed.get(middle);
      if (entry.baseOffset() == baseOffset) {
        return Optional.of(entry);
      }
      if (entry.baseOffset() < baseOffset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return Optional.empty();
  }

  /** Where the batch ends that begins there in the newest leader's log. */
  long endOfBatchAt(long offset) {
    return replica(newestLeader).entries.stream()
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
      Replica replica = replica(broker);
      if (replica.end() != committedEnd() || replica.highWatermark != committedEnd()) {
        return "broker %d has %s up to %d, high watermark %d (expected: %d); "
            .formatted(broker, this, replica.end(), replica.highWatermark, committedEnd());
      }
    }
    return "";
  }

  /** Everything is settled: all logs are alike, and what was promised is there. */
  void checkAtEnd() {
    for (int broker : world.partition(number).orElseThrow().replicas()) {
      Replica replica = replica(broker);
      require(
          replica.entries.equals(committed),
          "broker %d has another log of %s than was committed",
          broker,
          this);
    }
    BitSet present = new BitSet();
    committed.forEach(entry -> present.set(entry.batch()));
    BitSet missing = (BitSet) promised.clone();
    missing.andNot(present);
    missing.andNot(lost);
    require(missing.isEmpty(), "%s lost what was acknowledged: %s", this, missing);
    refused.and(present);
    require(refused.isEmpty(), "%s has what was refused for sure: %s", this, refused);
    world.stats().batches += committed.size();
  }

  @Override
  public String toString() {
    return "t" + number;
  }
}
