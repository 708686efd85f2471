package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.common.TimestampType;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of one partition, and what must therefore hold. Confined to the simulation's
 * thread.
 *
 * <p>The ledger follows the log batch by batch as it grows, and compares everything that clients
 * are told or shown with it:
 *
 * <ul>
 *   <li>offsets are dense, and an offset that was seen keeps its contents;
 *   <li>an idempotent producer's batches are there at most once and in its order (S28);
 *   <li>what was acknowledged, or shown to a reader, survives: a dead process loses nothing, a loss
 *       of power nothing that the log had called durable, and with flush.mode=commit only that
 *       counts as acknowledged or visible (S02, S31, S34);
 *   <li>readers get exactly what is there, and nothing at or above the high watermark (S01);
 *   <li>high watermark and log start never move back for those who were told of them (S02, S33);
 *   <li>log start never passes the high watermark (S27, S33).
 * </ul>
 */
final class PartitionLedger {
  /** How a node came to an end. */
  enum Ending {
    /** In order. */
    CLOSED,
    /** The process died; the page cache lives on. */
    KILLED,
    /** The machine lost its power. */
    POWER_LOST
  }

  /** A batch in the log; all its records have one time. */
  record Entry(
      long baseOffset,
      long lastOffset,
      SimulatedBatch batch,
      long producerId,
      int epoch,
      int sequence,
      long timestampMs,
      long logAppendTimeMs) {}

  /** Between the append of a batch and the moment at which it is seen here lies less than this. */
  private static final long EDGE_MS = 2_000;

  private final int partition;
  private final boolean commit;
  private final World world;
  private final List<Entry> entries = new ArrayList<>();

  /**
   * By entry: when it was seen by the wall clock, or the log was opened since with that clock moved
   * back, for then the log hears of the batch anew.
   */
  private final List<Long> seenMs = new ArrayList<>();

  /** By producer: when its last batch was seen, unless the producer may be forgotten since. */
  private final Map<Integer, Long> lastSeenMs = new HashMap<>();

  /** By producer: how many entries there were when it may have been forgotten. */
  private final Map<Integer, Integer> forgottenAt = new HashMap<>();

  /** Each producer's last batch in the log, unless the producer may be forgotten since. */
  private final Map<Integer, SimulatedBatch> newest = new HashMap<>();

  /** Batches that were in the log and went with a loss of power, as the mode allows. */
  private final BitSet lost = new BitSet();

  private final BitSet acknowledged = new BitSet();

  /** What the log calls durable; a loss of power must leave it. */
  private long durableOffset;

  /** The largest that a client was told, unless lost as the mode allows. */
  private long visibleHighWatermark;

  /** The largest that a client was told. */
  private long visibleLogStart;

  private long highWatermark;

  /** Below it everything is deleted, perhaps before it was seen, or lost and then deleted. */
  private long begunAnewAt;

  /** Since the log was last opened. */
  private Ending worstEnding = Ending.CLOSED;

  PartitionLedger(int partition, boolean commit, World world) {
    this.partition = partition;
    this.commit = commit;
    this.world = world;
  }

  /** Whether only what is durable counts as acknowledged. */
  boolean isCommit() {
    return commit;
  }

  /** One past the last offset that was seen in the log. */
  long endOffset() {
    long last = entries.isEmpty() ? -1 : entries.get(entries.size() - 1).lastOffset();
    return Math.max(last + 1, begunAnewAt);
  }

  int partition() {
    return partition;
  }

  /** Batches in the log, deleted ones included. */
  int batches() {
    return entries.size();
  }

  /** Batches that the log lost as its mode allows. */
  int lostBatches() {
    return lost.cardinality();
  }

  /** The log grew: takes in whole batches that follow what is known. */
  void appended(ByteBuffer records) {
    int position = records.position();
    while (position < records.limit()) {
      RecordBatch batch = RecordBatch.at(records, position);
      add(batch, identify(records, position));
      position += batch.sizeInBytes();
    }
  }

  /** S28: under one identity every batch goes on where the one before ended. */
  private void checkSequence(RecordBatch found, SimulatedBatch batch) {
    if (!found.hasProducerId()) {
      return;
    }
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      if (entry.producerId() == found.producerId() && entry.epoch() == found.producerEpoch()) {
        if (!isNotForgotten(i) || entry.baseOffset() < begunAnewAt) {
          return;
        }
        int next = (entry.sequence() + entry.batch().records()) & Integer.MAX_VALUE;
        require(
            found.baseSequence() == next,
            "partition %d has %s with sequence %d behind %s: a gap (expected: %d)",
            partition,
            batch,
            found.baseSequence(),
            entry.batch(),
            next);
        return;
      }
    }
  }

  private SimulatedBatch identify(ByteBuffer records, int position) {
    Optional<SimulatedBatch> batch = world.batch(SimulatedBatch.idAt(records, position));
    require(
        batch.isPresent(),
        "partition %d has a batch that nobody sent: %s",
        partition,
        RecordBatch.at(records, position));
    return batch.get();
  }

  private void add(RecordBatch found, SimulatedBatch batch) {
    require(
        found.baseOffset() == endOffset()
            && found.lastOffset() == found.baseOffset() + batch.records() - 1,
        "%s lies at [%d, %d] of partition %d (expected: %d records from %d on)",
        batch,
        found.baseOffset(),
        found.lastOffset(),
        partition,
        batch.records(),
        endOffset());
    SimulatedBatch before = newest.put(batch.producer(), batch);
    require(
        before == null
            || batch.order() > before.order()
            || !(batch.idempotent() || world.sentOnceTogether(batch, before)),
        "partition %d has %s behind %s: doubled or out of order",
        partition,
        batch,
        before);
    checkSequence(found, batch);
    lost.clear(batch.id());
    boolean appendTime = found.timestampType() == TimestampType.LOG_APPEND_TIME;
    entries.add(
        new Entry(
            found.baseOffset(),
            found.lastOffset(),
            batch,
            found.producerId(),
            found.producerEpoch(),
            found.baseSequence(),
            found.maxTimestamp(),
            appendTime ? found.maxTimestamp() : -1));
    seenMs.add(world.wallMs());
    lastSeenMs.merge(batch.producer(), world.wallMs(), Math::max);
  }

  /** The partition stands like this, after an event while its node is up. */
  void stands(long logStart, long highWatermark, long logEnd, long durable) {
    require(
        logStart <= highWatermark && highWatermark <= logEnd && durable <= logEnd,
        "partition %d: log start %d, high watermark %d, log end %d, durable %d are out of order",
        partition,
        logStart,
        highWatermark,
        logEnd,
        durable);
    require(
        logEnd == endOffset(),
        "partition %d ends at %d (expected: %d)",
        partition,
        logEnd,
        endOffset());
    require(
        highWatermark >= this.highWatermark,
        "partition %d: high watermark moved back from %d to %d",
        partition,
        this.highWatermark,
        highWatermark);
    require(
        !commit || highWatermark <= durable || highWatermark == logStart,
        "partition %d: high watermark %d is beyond what is durable, %d (flush.mode=commit)",
        partition,
        highWatermark,
        durable);
    this.highWatermark = highWatermark;
    durableOffset = durable;
  }

  /** A client was told of the log's start. */
  void toldLogStart(long logStart) {
    require(
        logStart >= visibleLogStart,
        "partition %d: log start %d is told after %d",
        partition,
        logStart,
        visibleLogStart);
    visibleLogStart = logStart;
  }

  /** A client was told of the high watermark. */
  void toldHighWatermark(long offset) {
    require(
        offset >= visibleHighWatermark,
        "partition %d: high watermark %d is told after %d",
        partition,
        offset,
        visibleHighWatermark);
    visibleHighWatermark = offset;
  }

  /** A producer was told that its batch is in the log. */
  void acknowledged(SimulatedBatch batch, Acknowledged told) {
    acknowledged.set(batch.id());
    if (lost.get(batch.id())) {
      return;
    }
    if (told.baseOffset() < 0) {
      require(
          entries.stream().anyMatch(entry -> entry.batch().equals(batch)),
          "%s was acknowledged without offsets and is not in partition %d",
          batch,
          partition);
      return;
    }
    int at = indexOf(told.baseOffset());
    Optional<Entry> entry = at < 0 ? Optional.empty() : Optional.of(entries.get(at));
    require(
        entry
            .filter(there -> there.batch().equals(batch))
            .filter(there -> there.lastOffset() == told.lastOffset())
            .filter(there -> there.logAppendTimeMs() == told.logAppendTimeMs())
            .isPresent(),
        "%s was told of %s in partition %d, where %s is",
        batch,
        told,
        partition,
        entry);
  }

  /** A producer was told that its batch is not in the log and never was. */
  void refused(SimulatedBatch batch) {
    require(
        entries.stream().noneMatch(entry -> entry.batch().equals(batch)),
        "%s was refused for sure and is in partition %d",
        batch,
        partition);
  }

  /**
   * A reader got whole batches.
   *
   * @param offset what it asked for
   * @param highWatermark what it was told
   */
  void fetched(long offset, long highWatermark, ByteBuffer records) {
    int position = records.position();
    long expected = -1;
    while (position < records.limit()) {
      RecordBatch found = RecordBatch.at(records, position);
      int at = indexOf(found.baseOffset());
      require(
          at >= 0
              && entries.get(at).batch().equals(identify(records, position))
              && entries.get(at).lastOffset() == found.lastOffset()
              && found.crcValid(),
          "a reader got %s of partition %d, where %s is",
          found,
          partition,
          at < 0 ? "nothing" : entries.get(at));
      require(
          expected == -1
              ? found.lastOffset() >= offset && found.baseOffset() <= offset
              : found.baseOffset() == expected,
          "a reader that asked for %d of partition %d got %s behind %d",
          offset,
          partition,
          found,
          expected);
      require(
          found.lastOffset() < highWatermark,
          "a reader got %s of partition %d, beyond the high watermark %d",
          found,
          partition,
          highWatermark);
      expected = found.lastOffset() + 1;
      position += found.sizeInBytes();
    }
  }

  /** The node that held the log came to an end. */
  void nodeEnded(Ending ending) {
    if (ending.compareTo(worstEnding) > 0) {
      worstEnding = ending;
    }
  }

  /**
   * The log was opened after its node came to an end; {@link #compareAndExtend} takes its contents.
   *
   * @param durable what it calls durable now
   * @param lossAnnounced whether the node says that something may be lost (S14)
   */
  void recovered(long logStart, long logEnd, long durable, boolean lossAnnounced) {
    long kept = worstEnding == Ending.POWER_LOST ? durableOffset : endOffset();
    require(
        logEnd >= kept,
        "partition %d ends at %d after it was %s (expected: at least %d)",
        partition,
        logEnd,
        worstEnding,
        kept);
    // A crash in the middle of a run: more may have been committed, and deleted, than anybody saw.
    long unseen = worstEnding == Ending.CLOSED ? 0 : logEnd;
    long committed = Math.max(unseen, Math.max(visibleHighWatermark, highWatermark));
    require(
        logStart >= visibleLogStart && logStart <= committed,
        "partition %d starts at %d after it was %s (expected: [%d, %d])",
        partition,
        logStart,
        worstEnding,
        visibleLogStart,
        committed);
    require(
        logEnd >= visibleHighWatermark || (!commit && lossAnnounced),
        "partition %d ends at %d after readers had seen all up to %d",
        partition,
        logEnd,
        visibleHighWatermark);
    // What was deleted and not durable may be gone with its producers' memory: nobody can tell.
    boolean begunAnew = logStart == logEnd && worstEnding == Ending.POWER_LOST && !commit;
    cutTo(begunAnew ? Math.min(logEnd, durableOffset) : logEnd);
    begunAnewAt = begunAnew || endOffset() < logStart ? logStart : begunAnewAt;
    visibleHighWatermark = Math.min(visibleHighWatermark, logEnd);
    highWatermark = 0;
    durableOffset = durable;
    worstEnding = Ending.CLOSED;
  }

  private void cutTo(long logEnd) {
    while (!entries.isEmpty() && entries.get(entries.size() - 1).lastOffset() >= logEnd) {
      Entry gone = entries.remove(entries.size() - 1);
      require(
          !commit || !acknowledged.get(gone.batch().id()),
          "partition %d lost %s, which was acknowledged (flush.mode=commit)",
          partition,
          gone);
      lost.set(gone.batch().id());
    }
    seenMs.subList(entries.size(), seenMs.size()).clear();
    lookAtProducersAnew();
  }

  private void lookAtProducersAnew() {
    long openedMs = world.wallMs();
    seenMs.replaceAll(ms -> Math.min(ms, openedMs));
    forgottenAt.replaceAll((producer, at) -> Math.min(at, entries.size()));
    newest.clear();
    lastSeenMs.clear();
    for (int i = 0; i < entries.size(); i++) {
      if (isNotForgotten(i)) {
        newest.put(entries.get(i).batch().producer(), entries.get(i).batch());
        lastSeenMs.merge(entries.get(i).batch().producer(), seenMs.get(i), Math::max);
      }
    }
  }

  private boolean isNotForgotten(int entry) {
    return entry >= forgottenAt.getOrDefault(entries.get(entry).batch().producer(), 0);
  }

  /**
   * S28: whoever was silent for so long may be forgotten from now on, and then is an unknown
   * producer. Those at the edge may be or not.
   */
  void producersMayBeForgotten(long wallMs, long expirationMs) {
    for (Map.Entry<Integer, Long> seen : lastSeenMs.entrySet()) {
      if (wallMs - seen.getValue() >= expirationMs - EDGE_MS) {
        newest.remove(seen.getKey());
        forgottenAt.put(seen.getKey(), entries.size());
        world.stats().forgottenProducers++;
      }
    }
    lastSeenMs.keySet().removeIf(producer -> !newest.containsKey(producer));
  }

  /** What was being appended when the node came to an end may be there as well. */
  void compareAndExtend(ByteBuffer records) {
    int position = records.position();
    while (position < records.limit()) {
      RecordBatch found = RecordBatch.at(records, position);
      if (found.baseOffset() >= endOffset()) {
        ByteBuffer rest = records.duplicate();
        rest.position(position);
        appended(rest);
        return;
      }
      int at = indexOf(found.baseOffset());
      require(
          at >= 0
              && entries.get(at).batch().equals(identify(records, position))
              && entries.get(at).sequence() == found.baseSequence(),
          "after recovery partition %d has %s, where %s was",
          partition,
          found,
          at < 0 ? "nothing" : entries.get(at));
      position += found.sizeInBytes();
    }
  }

  /**
   * S27: somebody asked for the first record at or after a time, and was told this offset, or -1.
   */
  void foundByTime(long targetMs, long logStart, long bound, long offset) {
    long expected = -1;
    for (Entry entry : entries) {
      if (entry.timestampMs() >= targetMs
          && entry.lastOffset() >= logStart
          && Math.max(entry.baseOffset(), logStart) < bound) {
        expected = Math.max(entry.baseOffset(), logStart);
        break;
      }
    }
    require(
        offset == expected,
        "partition %d: the first record at or after %d in [%d, %d) is said to be %d (expected: %d)",
        partition,
        targetMs,
        logStart,
        bound,
        offset,
        expected);
  }

  /** S27: retention by time moved the log's start; everything before it must be old. */
  void expired(long oldStart, long newStart, long olderThanMs) {
    for (Entry entry : entries) {
      require(
          entry.baseOffset() < oldStart
              || entry.baseOffset() >= newStart
              || entry.timestampMs() < olderThanMs,
          "partition %d: retention took %s (expected: what is older than %d)",
          partition,
          entry,
          olderThanMs);
    }
  }

  /** The last batches of each idempotent producer and epoch, newest first, at most so many each. */
  List<Entry> remembered(int batchesPerProducer) {
    Map<Integer, Integer> taken = new HashMap<>();
    Map<Integer, Integer> epochs = new HashMap<>();
    List<Entry> remembered = new ArrayList<>();
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      int producer = entry.batch().producer();
      if (entry.batch().idempotent()
          && isNotForgotten(i)
          && entry.baseOffset() >= begunAnewAt
          && epochs.computeIfAbsent(producer, absent -> entry.epoch()) == entry.epoch()
          && taken.merge(producer, 1, Integer::sum) <= batchesPerProducer) {
        remembered.add(entry);
      }
    }
    return remembered;
  }

  /** Everything is answered and healed: what was acknowledged is there. */
  void checkAtEnd() {
    BitSet present = new BitSet();
    entries.forEach(entry -> present.set(entry.batch().id()));
    BitSet missing = (BitSet) acknowledged.clone();
    missing.andNot(present);
    missing.andNot(lost);
    require(
        missing.isEmpty(), "partition %d lost what it had acknowledged: %s", partition, missing);
  }

  private int indexOf(long baseOffset) {
    int low = 0;
    int high = entries.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long found = entries.get(middle).baseOffset();
      if (found == baseOffset) {
        return middle;
      }
      if (found < baseOffset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }
}
