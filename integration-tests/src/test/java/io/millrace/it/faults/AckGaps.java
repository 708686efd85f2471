package io.millrace.it.faults;

import io.millrace.common.TopicPartition;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The longest time without an acknowledgement, by partition. Thread-safe; one lock. */
final class AckGaps {
  private final Map<TopicPartition, Gap> gaps =
      new TreeMap<>(
          Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition));

  private static final class Gap {
    private long lastNanos;
    private long longestNanos;
    private long acknowledged;

    Gap(long nowNanos) {
      this.lastNanos = nowNanos;
    }
  }

  AckGaps(Collection<TopicPartition> partitions) {
    partitions.forEach(partition -> gaps.put(partition, new Gap(System.nanoTime())));
  }

  /** The measure begins anew. */
  synchronized void begin() {
    gaps.replaceAll((partition, before) -> new Gap(System.nanoTime()));
  }

  synchronized void acknowledged(TopicPartition partition) {
    Gap gap = gaps.get(partition);
    if (gap == null) {
      throw new IllegalStateException(partition + " is not one of " + gaps.keySet());
    }
    long now = System.nanoTime();
    gap.longestNanos = Math.max(gap.longestNanos, now - gap.lastNanos);
    gap.lastNanos = now;
    gap.acknowledged++;
  }

  /** The fewest acknowledgements of a partition since the measure began. */
  synchronized long fewest() {
    return gaps.values().stream().mapToLong(gap -> gap.acknowledged).min().orElse(0);
  }

  /** The longest gap of any partition since the measure began, one that goes on included. */
  synchronized long longestMs() {
    long now = System.nanoTime();
    return gaps.values().stream()
        .mapToLong(gap -> Math.max(gap.longestNanos, now - gap.lastNanos))
        .map(TimeUnit.NANOSECONDS::toMillis)
        .max()
        .orElse(0);
  }
}
