package io.millrace.broker.log;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * What is remembered of one producer: its epoch and its last batches, oldest first. Confined to its
 * {@link ProducerStateTable}.
 */
final class ProducerEntry {
  private static final int INITIAL_CAPACITY = 2;

  private final int maxBatches;
  private short epoch;
  private long lastUsedMs;

  // Ring of the last batches: 0 <= size <= maxBatches, the oldest at `head`.
  private int head;
  private int size;
  private int[] baseSequences = new int[INITIAL_CAPACITY];
  private int[] lastOffsetDeltas = new int[INITIAL_CAPACITY];
  private long[] firstOffsets = new long[INITIAL_CAPACITY];
  private long[] appendTimesMs = new long[INITIAL_CAPACITY];

  ProducerEntry(int maxBatches, short epoch) {
    this.maxBatches = maxBatches;
    this.epoch = epoch;
  }

  short epoch() {
    return epoch;
  }

  long lastUsedMs() {
    return lastUsedMs;
  }

  int size() {
    return size;
  }

  int baseSequence(int i) {
    return baseSequences[slot(i)];
  }

  int lastOffsetDelta(int i) {
    return lastOffsetDeltas[slot(i)];
  }

  long firstOffset(int i) {
    return firstOffsets[slot(i)];
  }

  long lastOffset(int i) {
    return firstOffset(i) + lastOffsetDelta(i);
  }

  long logAppendTimeMs(int i) {
    return appendTimesMs[slot(i)];
  }

  int lastSequence(int i) {
    return ProducerStateTable.plus(baseSequence(i), lastOffsetDelta(i));
  }

  /** The sequence that the next batch must begin with; only when a batch is remembered. */
  int nextSequence() {
    return ProducerStateTable.plus(lastSequence(size - 1), 1);
  }

  /** The newest remembered batch with exactly these sequences. */
  OptionalInt find(int baseSequence, int lastSequence) {
    for (int i = size - 1; i >= 0; i--) {
      if (baseSequence(i) == baseSequence && lastSequence(i) == lastSequence) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  void startEpoch(short newEpoch) {
    epoch = newEpoch;
    size = 0;
    head = 0;
  }

  void touch(long nowMs) {
    lastUsedMs = Math.max(lastUsedMs, nowMs);
  }

  void add(int baseSequence, int lastOffsetDelta, long firstOffset, long logAppendTimeMs) {
    if (size == maxBatches) {
      head = (head + 1) % baseSequences.length;
      size--;
    } else if (size == baseSequences.length) {
      grow();
    }
    int slot = slot(size);
    baseSequences[slot] = baseSequence;
    lastOffsetDeltas[slot] = lastOffsetDelta;
    firstOffsets[slot] = firstOffset;
    appendTimesMs[slot] = logAppendTimeMs;
    size++;
  }

  private int slot(int i) {
    return (head + i) % baseSequences.length;
  }

  private void grow() {
    int capacity = Math.min(maxBatches, baseSequences.length * 2);
    int[] bases = new int[capacity];
    int[] deltas = new int[capacity];
    long[] offsets = new long[capacity];
    long[] times = new long[capacity];
    for (int i = 0; i < size; i++) {
      bases[i] = baseSequence(i);
      deltas[i] = lastOffsetDelta(i);
      offsets[i] = firstOffset(i);
      times[i] = logAppendTimeMs(i);
    }
    baseSequences = bases;
    lastOffsetDeltas = deltas;
    firstOffsets = offsets;
    appendTimesMs = times;
    head = 0;
  }

  @Override
  public String toString() {
    return "ProducerEntry{epoch="
        + epoch
        + ", batches="
        + size
        + ", firstOffsets="
        + Arrays.toString(firstOffsets)
        + "}";
  }
}
