package io.millrace.bench.kafka.load;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts times in buckets that are at most 1/64 wide of what they hold. Any thread may add; a
 * window's times are the difference of two copies.
 */
public final class Latencies {
  private static final int STEPS_BITS = 6;
  private static final int STEPS = 1 << STEPS_BITS;
  private static final int BUCKETS = (64 - STEPS_BITS) * STEPS;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

  /** Adds one time; a negative one counts as 0. */
  public void add(long nanos) {
    counts.getAndIncrement(bucket(Math.max(0, nanos)));
  }

  /** What has been added so far. */
  public Copy copy() {
    long[] copied = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      copied[i] = counts.get(i);
    }
    return new Copy(copied);
  }

  private static int bucket(long nanos) {
    if (nanos < STEPS) {
      return (int) nanos;
    }
    int shift = 63 - Long.numberOfLeadingZeros(nanos) - STEPS_BITS;
    return (shift + 1) * STEPS + (int) (nanos >>> shift) - STEPS;
  }

  /** The highest value that falls into a bucket. */
  private static long highest(int bucket) {
    if (bucket < STEPS) {
      return bucket;
    }
    int shift = bucket / STEPS - 1;
    return ((long) (bucket % STEPS + STEPS + 1) << shift) - 1;
  }

  /** Counts at one moment, or between two. */
  public static final class Copy {
    private final long[] counts;

    private Copy(long[] counts) {
      this.counts = counts;
    }

    /** What came after an earlier copy. */
    public Copy since(Copy earlier) {
      long[] difference = counts.clone();
      for (int i = 0; i < difference.length; i++) {
        difference[i] -= earlier.counts[i];
      }
      return new Copy(difference);
    }

    /** How many times there are. */
    public long count() {
      long sum = 0;
      for (long count : counts) {
        sum += count;
      }
      return sum;
    }

    /** The time in milliseconds that this share of all does not exceed; 0 if there are none. */
    public double quantileMs(double share) {
      long wanted = (long) Math.ceil(share * count());
      long seen = 0;
      for (int i = 0; i < counts.length; i++) {
        seen += counts[i];
        if (counts[i] > 0 && seen >= wanted) {
          return highest(i) / 1e6;
        }
      }
      return 0;
    }
  }
}
