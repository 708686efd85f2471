package io.millrace.client.internal;

import io.millrace.client.api.ProducerMetrics.Latency;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts times in buckets that are an eighth of a power of two wide. Written by one thread, read by
 * any.
 */
final class LatencyHistogram {
  /** Buckets of each power of two, as a power of two. */
  private static final int PARTS_BITS = 3;

  private static final int PARTS = 1 << PARTS_BITS;

  private final AtomicLongArray buckets = new AtomicLongArray(PARTS * (Long.SIZE - PARTS_BITS));
  private final AtomicLong totalNanos = new AtomicLong();
  private final AtomicLong maxNanos = new AtomicLong();

  /** Negative times count as 0. */
  void record(long nanos) {
    long time = Math.max(0, nanos);
    buckets.incrementAndGet(bucket(time));
    totalNanos.addAndGet(time);
    if (time > maxNanos.get()) {
      maxNanos.set(time);
    }
  }

  Latency snapshot() {
    long[] counts = new long[buckets.length()];
    long count = 0;
    for (int i = 0; i < counts.length; i++) {
      counts[i] = buckets.get(i);
      count += counts[i];
    }
    long max = maxNanos.get();
    return new Latency(
        count,
        Duration.ofNanos(count == 0 ? 0 : totalNanos.get() / count),
        percentile(counts, count, 0.5, max),
        percentile(counts, count, 0.99, max),
        percentile(counts, count, 0.999, max),
        Duration.ofNanos(max));
  }

  private static Duration percentile(long[] counts, long count, double part, long max) {
    long rank = (long) Math.ceil(count * part);
    long seen = 0;
    for (int i = 0; i < counts.length && count > 0; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Duration.ofNanos(Math.min(upperEnd(i), max));
      }
    }
    return Duration.ZERO;
  }

  /** Times below {@link #PARTS} have a bucket each; then come eight for each power of two. */
  private static int bucket(long nanos) {
    if (nanos < PARTS) {
      return (int) nanos;
    }
    int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    int part = (int) (nanos >>> (power - PARTS_BITS)) & (PARTS - 1);
    return PARTS * (power - PARTS_BITS + 1) + part;
  }

  /** The longest time of a bucket. */
  private static long upperEnd(int bucket) {
    if (bucket < PARTS) {
      return bucket;
    }
    int shift = bucket / PARTS - 1;
    long first = (long) (PARTS + bucket % PARTS) << shift;
    return first + (1L << shift) - 1;
  }
}
