package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.LogSnapshot;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.record.RecordBatch;
import io.millrace.it.simulation.PartitionLedger.Ending;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What is known of one replica: its log, batch by batch as it grows and is cut, and what may be
 * missing from it. Leader epochs in a log never go back. Confined to the simulation's thread.
 */
final class KnownReplica {
  private final Batches batches;
  private final String partition;
  private final List<LogEntry> entries = new ArrayList<>();

  /** The epoch that it leads in; -1 if it does not lead. */
  private int leadsEpoch = -1;

  private long highWatermark;

  /** Where its log begins; the first entry may begin below it. */
  private long logStart;

  /** What the log calls durable; a loss of power must leave it. */
  private long durable;

  /** All entries below it are what was committed. */
  private long verified;

  /** It may have what was committed once and is no more, until it is cut. */
  private boolean doubtful;

  /** It is in doubt for as long as it knows only of older epochs. */
  private int doubtfulBefore;

  /** It has lost what it had, and is not in sync again. */
  private boolean damaged;

  /** It said that it may have lost something, and has not come into sync since. */
  private boolean suspect;

  /** The process that has it open, or had it last. */
  private Optional<UUID> opened = Optional.empty();

  /** Its disk is gone, and it has not come into sync since. */
  private boolean wiped;

  private Ending ending = Ending.CLOSED;

  /** Whether a process has opened it since one came to its end. */
  private boolean openedSince;

  /** A replica of which nothing is known, of the partition that is called so. */
  KnownReplica(Batches batches, String partition) {
    this.batches = batches;
    this.partition = partition;
  }

  // ---- its log

  List<LogEntry> entries() {
    return Collections.unmodifiableList(entries);
  }

  Optional<LogEntry> last() {
    return entries.isEmpty() ? Optional.empty() : Optional.of(entries.get(entries.size() - 1));
  }

  long logStart() {
    return logStart;
  }

  long end() {
    return Math.max(logStart, entriesEnd());
  }

  private long entriesEnd() {
    return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).lastOffset() + 1;
  }

  /** The batch that begins at an offset. */
  Optional<LogEntry> at(long baseOffset) {
    return LogEntry.at(entries, baseOffset);
  }

  /** Looks at what its log has by now; true if it was cut. */
  boolean look(PartitionView view) {
    boolean cut = view.logEndOffset() < end();
    logStart = view.logStartOffset();
    cutTo(view.logEndOffset());
    entries.subList(0, LogEntry.indexFrom(entries, logStart)).removeIf(this::isDeleted);
    read(view.log(), end());
    return cut;
  }

  private boolean isDeleted(LogEntry entry) {
    return entry.lastOffset() < logStart;
  }

  private void cutTo(long end) {
    while (entriesEnd() > end) {
      entries.remove(entries.size() - 1);
    }
    verified = Math.min(verified, end);
  }

  private void read(LogSnapshot log, long from) {
    if (from < log.logEndOffset()) {
      PartitionOpening.forEachChunk(log, from, this::add);
    }
  }

  private void add(ByteBuffer records) {
    int position = records.position();
    while (position < records.limit()) {
      RecordBatch found = RecordBatch.at(records, position);
      LogEntry entry = LogEntry.of(found, records, position);
      Optional<LogEntry> last = last();
      require(
          batches.find(entry.batch()).isPresent() && isNext(entry),
          "a log of %s has %s behind %s",
          partition,
          found,
          last);
      require(
          last.filter(before -> before.leaderEpoch() > found.leaderEpoch()).isEmpty(),
          "a log of %s goes back in its epochs: %s behind %s",
          partition,
          found,
          last);
      entries.add(entry);
      position += found.sizeInBytes();
    }
  }

  /** A log that begins in the middle of a batch has all of it. */
  private boolean isNext(LogEntry entry) {
    return entries.isEmpty()
        ? entry.baseOffset() <= logStart && entry.lastOffset() >= logStart
        : entry.baseOffset() == entriesEnd();
  }

  // ---- it comes and goes

  /** Its log was made by a process, in place of another one. */
  void createdBy(UUID process, KnownReplica before) {
    opened = Optional.of(process);
    openedSince = true;
    suspect = before.suspect;
    wiped = before.wiped;
  }

  /** Its log was opened by a process; tells whether it is shorter than it was. */
  boolean openedBy(UUID process, LogSnapshot log) {
    Optional<LogEntry> lastBefore = last();
    entries.clear();
    verified = 0;
    logStart = log.logStartOffset();
    read(log, logStart);
    opened = Optional.of(process);
    openedSince = true;
    return lastBefore.filter(had -> end() <= had.lastOffset()).isPresent();
  }

  /**
   * Its broker's process came to an end; one that never opened it leaves a loss of power to tell.
   */
  void ended(Ending how) {
    if (openedSince || ending != Ending.POWER_LOST) {
      ending = how;
    }
    openedSince = false;
    leadsEpoch = -1;
  }

  /** Its disk is gone: no process has this replica any more, whatever the metadata say yet. */
  void loseDisk() {
    logStart = 0;
    cutTo(0);
    opened = Optional.empty();
    damaged = true;
    suspect = true;
    wiped = true;
  }

  /** How its last process came to an end. */
  Ending ending() {
    return ending;
  }

  /** The first offset that the way in which its process came to an end may have cost it. */
  long vouchedFor() {
    return ending == Ending.POWER_LOST ? durable : Long.MAX_VALUE;
  }

  Optional<UUID> opened() {
    return opened;
  }

  // ---- what it may lack

  /** It says that it may have lost something; whether it has is known here. */
  void announcesLoss(boolean shorter) {
    suspect = true;
    damaged |= shorter;
  }

  /** The metadata have it neither in sync nor eligible. */
  void countsNoMore() {
    damaged = false;
  }

  /** It came into sync. */
  void cameIntoSync() {
    suspect = false;
    wiped = false;
  }

  boolean isSuspect() {
    return suspect;
  }

  boolean isWiped() {
    return wiped;
  }

  /** Whether it has less than it is thought to have. */
  boolean isDamaged() {
    return damaged;
  }

  // ---- how it stands to what is committed

  boolean isDoubtful() {
    return doubtful;
  }

  void doubtful(boolean mayHaveWhatIsCommittedNoMore) {
    doubtful = mayHaveWhatIsCommittedNoMore;
  }

  /** In an epoch that it does not know of yet began one that may lack what was committed. */
  void doubtfulBefore(int epoch) {
    doubtful = true;
    doubtfulBefore = epoch;
  }

  int doubtfulBefore() {
    return doubtfulBefore;
  }

  /** Entries from there on are not committed any more. */
  void lostFrom(long offset) {
    doubtful = true;
    verified = Math.min(verified, offset);
  }

  /** The next entry below its high watermark that was not compared with what is committed. */
  Optional<LogEntry> nextToVerify(long belowHighWatermark) {
    return LogEntry.firstFrom(entries, verified)
        .filter(entry -> entry.lastOffset() < belowHighWatermark);
  }

  /** An entry, and with it all before it, is what was committed. */
  void verified(LogEntry entry) {
    verified = entry.lastOffset() + 1;
  }

  // ---- its part

  int leadsEpoch() {
    return leadsEpoch;
  }

  void leads(int epoch) {
    leadsEpoch = epoch;
  }

  void leadsNoMore() {
    leadsEpoch = -1;
  }

  long highWatermark() {
    return highWatermark;
  }

  void stands(long newHighWatermark, long newDurable) {
    highWatermark = newHighWatermark;
    durable = newDurable;
  }
}
