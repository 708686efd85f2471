package io.millrace.broker.replica.core;

/**
 * Where the leader's log ended at some times: a follower that reaches a mark had all that there was
 * as of the mark's time, though it never reaches the end itself under load (S09). Confined to its
 * core. Bounded: marks lie a fixed time apart and the oldest are forgotten.
 */
final class CaughtUpMarks {
  private static final int MARKS_IN_LAG_TIME = 16;
  private static final int CAPACITY = MARKS_IN_LAG_TIME + 2;

  private final long spacingMs;

  // Rings; both ascend from the oldest, which is at next - size. Made with the first mark: most
  // partitions of a broker are led elsewhere.
  private long[] offsets = {};
  private long[] timesMs = {};
  private int next;
  private int size;

  CaughtUpMarks(long lagTimeMs) {
    this.spacingMs = Math.max(1, lagTimeMs / MARKS_IN_LAG_TIME);
  }

  /** A follower may have been caught up as much later than its newest mark says. */
  long spacingMs() {
    return spacingMs;
  }

  void clear() {
    size = 0;
  }

  /** The log ended there until now; kept if the last mark is old enough. */
  void add(long logEndOffset, long nowMs) {
    if (size > 0 && nowMs - timesMs[at(1)] < spacingMs) {
      return;
    }
    if (offsets.length == 0) {
      offsets = new long[CAPACITY];
      timesMs = new long[CAPACITY];
    }
    offsets[next] = logEndOffset;
    timesMs[next] = nowMs;
    next = (next + 1) % CAPACITY;
    size = Math.min(size + 1, CAPACITY);
  }

  /** The time of the newest mark that an acknowledged offset has reached; smallest if none. */
  long newestReachedMs(long acknowledged) {
    for (int back = 1; back <= size; back++) {
      if (offsets[at(back)] <= acknowledged) {
        return timesMs[at(back)];
      }
    }
    return Long.MIN_VALUE;
  }

  private int at(int back) {
    return Math.floorMod(next - back, CAPACITY);
  }
}
