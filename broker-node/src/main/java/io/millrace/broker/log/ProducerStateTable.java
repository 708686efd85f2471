package io.millrace.broker.log;

import io.millrace.broker.log.SequenceCheck.Accept;
import io.millrace.broker.log.SequenceCheck.Duplicate;
import io.millrace.broker.log.SequenceCheck.Refuse;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TimestampType;
import io.millrace.common.record.RecordBatch;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The idempotent producers of one partition: for each its epoch and its last N batches. Confined to
 * the partition's shard (the recovery thread before hand-over). Pure: no clock, no files.
 *
 * <p>Rules (S28, KIP-98, KIP-360): an exact repeat of a remembered batch is a duplicate; sequences
 * of one epoch have no gaps and wrap from 2^31-1 to 0; a new epoch starts at 0; an unknown producer
 * is accepted at any sequence.
 */
public final class ProducerStateTable {
  private static final Accept ACCEPT = Accept.INSTANCE;

  private final int batchesPerProducer;
  private final Map<Long, ProducerEntry> producers = new HashMap<>();

  /**
   * An empty table.
   *
   * @param batchesPerProducer how many batches are remembered of each producer, at least 1
   */
  public ProducerStateTable(int batchesPerProducer) {
    if (batchesPerProducer < 1) {
      throw new IllegalArgumentException(
          "batchesPerProducer: " + batchesPerProducer + " (expected: >= 1)");
    }
    this.batchesPerProducer = batchesPerProducer;
  }

  /** Says whether a batch of these sequences may be appended. Changes nothing. */
  public SequenceCheck check(long producerId, short epoch, int baseSequence, int lastSequence) {
    ProducerEntry entry = producers.get(producerId);
    if (entry == null) {
      return ACCEPT;
    }
    if (epoch < entry.epoch()) {
      return refuse(
          ErrorCode.INVALID_PRODUCER_EPOCH,
          "producer_epoch",
          epoch,
          ">= " + entry.epoch(),
          producerId);
    }
    if (epoch > entry.epoch()) {
      return baseSequence == 0 ? ACCEPT : outOfOrder(producerId, baseSequence, 0);
    }
    return checkSameEpoch(entry, producerId, baseSequence, lastSequence);
  }

  private static SequenceCheck checkSameEpoch(
      ProducerEntry entry, long producerId, int baseSequence, int lastSequence) {
    if (entry.size() == 0) {
      return ACCEPT;
    }
    OptionalInt repeat = entry.find(baseSequence, lastSequence);
    if (repeat.isPresent()) {
      int i = repeat.getAsInt();
      return new Duplicate(entry.firstOffset(i), entry.lastOffset(i), entry.logAppendTimeMs(i));
    }
    int next = entry.nextSequence();
    if (baseSequence == next) {
      return ACCEPT;
    }
    int oldest = entry.baseSequence(0);
    return isBefore(lastSequence, oldest)
        ? refuse(
            ErrorCode.DUPLICATE_SEQUENCE,
            "base_sequence",
            baseSequence,
            String.valueOf(next),
            producerId)
        : outOfOrder(producerId, baseSequence, next);
  }

  /** Takes in the batch's sequences, if it has any. For a batch that is in the log. */
  public void update(RecordBatch batch, long nowMs) {
    if (!batch.hasProducerId() || batch.isControl()) {
      return;
    }
    short epoch = batch.producerEpoch();
    ProducerEntry entry =
        producers.computeIfAbsent(
            batch.producerId(), id -> new ProducerEntry(batchesPerProducer, epoch));
    if (epoch != entry.epoch()) {
      entry.startEpoch(epoch);
    }
    boolean appendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
    entry.add(
        batch.baseSequence(),
        batch.lastOffsetDelta(),
        batch.baseOffset(),
        appendTime ? batch.maxTimestamp() : -1L);
    entry.touch(nowMs);
  }

  /** Forgets the producers that have appended nothing for {@code expirationMs}. */
  public void expire(long nowMs, long expirationMs) {
    producers.values().removeIf(entry -> nowMs - entry.lastUsedMs() >= expirationMs);
  }

  /** Where the last batch of each producer ends, by producer id. */
  public Map<Long, Long> lastOffsets() {
    Map<Long, Long> offsets = new HashMap<>();
    producers.forEach(
        (id, entry) -> {
          if (entry.size() > 0) {
            offsets.put(id, entry.lastOffset(entry.size() - 1));
          }
        });
    return offsets;
  }

  /** How many producers are remembered. */
  public int size() {
    return producers.size();
  }

  /** How many batches are remembered of each producer. */
  public int batchesPerProducer() {
    return batchesPerProducer;
  }

  /** The entries by producer id, in its order: the same state always makes the same snapshot. */
  SortedMap<Long, ProducerEntry> sorted() {
    return new TreeMap<>(producers);
  }

  void put(long producerId, ProducerEntry entry) {
    producers.put(producerId, entry);
  }

  /** Adds to a sequence, wrapping from 2^31-1 to 0. */
  static int plus(int sequence, int increment) {
    return (sequence + increment) & Integer.MAX_VALUE;
  }

  /** Whether {@code a} lies before {@code b} on the circle of sequences: less than half way. */
  private static boolean isBefore(int a, int b) {
    int distance = (b - a) & Integer.MAX_VALUE;
    return distance != 0 && distance < 1 << 30;
  }

  private static Refuse outOfOrder(long producerId, int baseSequence, int expected) {
    return refuse(
        ErrorCode.OUT_OF_ORDER_SEQUENCE,
        "base_sequence",
        baseSequence,
        String.valueOf(expected),
        producerId);
  }

  private static Refuse refuse(
      ErrorCode code, String field, int found, String expected, long producerId) {
    return new Refuse(
        new MillraceError(
            code,
            "producer "
                + producerId
                + ": "
                + field
                + ": "
                + found
                + " (expected: "
                + expected
                + ")",
            Map.of(
                "producer_id",
                String.valueOf(producerId),
                field,
                String.valueOf(found),
                "expected",
                expected)));
  }
}
