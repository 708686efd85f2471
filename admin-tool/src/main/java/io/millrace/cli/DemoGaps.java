package io.millrace.cli;

import io.millrace.common.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** For how long partitions were not acknowledged. Thread-safe; one lock. */
final class DemoGaps {
  private final Clock clock;

  /** By partition, once it began. */
  private final Map<Integer, Gap> gaps = new HashMap<>();

  private static final class Gap {
    private long lastMs;
    private long longestMs;

    Gap(long nowMs) {
      lastMs = nowMs;
    }
  }

  DemoGaps(Clock clock) {
    this.clock = clock;
  }

  /** The measure of these partitions begins. */
  synchronized void begin(Collection<Integer> partitions) {
    long nowMs = clock.monotonicMs();
    partitions.forEach(partition -> gaps.put(partition, new Gap(nowMs)));
  }

  /** A record of a partition was acknowledged. */
  synchronized void acknowledged(int partition) {
    Gap gap = gaps.get(partition);
    if (gap != null) {
      long nowMs = clock.monotonicMs();
      gap.longestMs = Math.max(gap.longestMs, nowMs - gap.lastMs);
      gap.lastMs = nowMs;
      notifyAll();
    }
  }

  /**
   * Waits until all of the partitions were acknowledged after a time, or so long: nothing may be
   * left to send.
   *
   * @return the longest gap since the begin
   */
  synchronized long awaitAcknowledged(long sinceMs, long atMostMs) {
    long endMs = clock.monotonicMs() + atMostMs;
    try {
      for (long left = atMostMs;
          left > 0 && gaps.values().stream().anyMatch(gap -> gap.lastMs < sinceMs);
          left = endMs - clock.monotonicMs()) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted");
    }
    return gaps.values().stream().mapToLong(gap -> gap.longestMs).max().orElse(0);
  }
}
