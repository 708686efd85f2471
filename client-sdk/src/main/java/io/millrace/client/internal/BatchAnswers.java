package io.millrace.client.internal;

import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import java.util.Arrays;

/**
 * Who wants to know what becomes of the records of a batch. Owned by its {@link ProducerBatch}.
 *
 * <p>A record that nobody asks about takes nothing here, and metadata is made only for those who
 * ask.
 */
final class BatchAnswers {
  /** Stands for the callback of a record that nobody asks about; never called. */
  static final SendCallback NOBODY = (metadata, error) -> {};

  private static final int FIRST_CAPACITY = 16;

  /** How many records the batch has. */
  private int records;

  private int firstCapacity = FIRST_CAPACITY;

  /** How many of them have a callback; asked <= records. */
  private int asked;

  /** How many of those were told, or are being told: none is told twice; told <= asked. */
  private int told;

  private SendCallback[] callbacks = {};
  private int[] indexes = {};
  private long[] timestampsMs = {};

  /** Those of the records from one place to another, as a batch of its own; none was told yet. */
  BatchAnswers slice(int from, int to) {
    BatchAnswers part = new BatchAnswers();
    int i = 0;
    while (i < asked && indexes[i] < from) {
      i++;
    }
    for (int record = from; record < to; record++) {
      boolean wanted = i < asked && indexes[i] == record;
      SendCallback callback = wanted ? callbacks[i] : NOBODY;
      part.makeRoom(callback);
      part.add(callback, wanted ? timestampsMs[i] : 0);
      i += wanted ? 1 : 0;
    }
    return part;
  }

  /** About how many records will come. */
  void expect(int moreRecords) {
    firstCapacity = Math.max(FIRST_CAPACITY, moreRecords);
  }

  int records() {
    return records;
  }

  /** How many records nobody asks about. */
  int forgotten() {
    return records - asked;
  }

  /** Makes sure that {@link #add} of such a callback needs no memory, and so can't fail. */
  void makeRoom(SendCallback callback) {
    if (callback != NOBODY && asked == callbacks.length) {
      grow();
    }
  }

  /** The batch's next record; {@link #makeRoom} was called. */
  void add(SendCallback callback, long timestampMs) {
    if (callback != NOBODY) {
      callbacks[asked] = callback;
      indexes[asked] = records;
      timestampsMs[asked] = timestampMs;
      asked++;
    }
    records++;
  }

  private void grow() {
    int capacity = Math.max(firstCapacity, 2 * asked);
    int[] moreIndexes = Arrays.copyOf(indexes, capacity);
    long[] moreTimestampsMs = Arrays.copyOf(timestampsMs, capacity);
    // All or none of them: what counts as the capacity is the callbacks' length.
    callbacks = Arrays.copyOf(callbacks, capacity);
    indexes = moreIndexes;
    timestampsMs = moreTimestampsMs;
  }

  void succeed(TopicPartition partition, Acknowledged outcome, CallbackGuard guard) {
    long base = outcome.baseOffset();
    long appendTimeMs = outcome.logAppendTimeMs();
    while (told < asked) {
      int i = told++;
      long offset = base >= 0 ? base + indexes[i] : -1;
      long timestampMs = appendTimeMs >= 0 ? appendTimeMs : timestampsMs[i];
      guard.succeed(
          callbacks[i],
          new RecordMetadata(partition.topic(), partition.partition(), offset, timestampMs));
    }
  }

  void fail(MillraceException error, CallbackGuard guard) {
    while (told < asked) {
      guard.fail(callbacks[told++], error);
    }
  }
}
