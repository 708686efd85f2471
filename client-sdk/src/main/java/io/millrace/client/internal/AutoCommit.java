package io.millrace.client.internal;

import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * When a consumer commits by itself, and what: places of processed records that are not committed
 * yet (S42). Confined to the consumer's thread.
 */
final class AutoCommit {
  static final long NEVER = Long.MAX_VALUE;

  private final Optional<Long> intervalMs;
  private final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
  private boolean underWay;
  private long dueMs = NEVER;

  /**
   * @param interval empty for a consumer that commits nothing by itself
   */
  AutoCommit(Optional<Duration> interval) {
    this.intervalMs = interval.map(time -> Math.max(1, time.toMillis()));
  }

  boolean enabled() {
    return intervalMs.isPresent();
  }

  /** A partition came: the time begins, if it is the first. */
  void came(long nowMs) {
    if (dueMs == NEVER) {
      dueMs = next(nowMs);
    }
  }

  /** A partition starts where it was committed. */
  void startsAt(TopicPartition partition, OffsetAndMetadata at) {
    committed.put(partition, at);
  }

  /** A partition is gone. */
  void gone(TopicPartition partition) {
    committed.remove(partition);
  }

  private long next(long nowMs) {
    return intervalMs.map(interval -> nowMs + interval).orElse(NEVER);
  }

  /** Whether it is time. */
  boolean isDue(long nowMs) {
    return !underWay && nowMs >= dueMs;
  }

  /** When {@link #isDue} turns true by time alone. */
  long dueMs() {
    return underWay ? NEVER : dueMs;
  }

  /** Of the places of processed records, those that are not committed. */
  Map<TopicPartition, OffsetAndMetadata> news(Map<TopicPartition, OffsetAndMetadata> processed) {
    Map<TopicPartition, OffsetAndMetadata> news = new HashMap<>();
    processed.forEach(
        (partition, place) -> {
          OffsetAndMetadata last = committed.get(partition);
          if (last == null || last.offset() != place.offset()) {
            news.put(partition, place);
          }
        });
    return news;
  }

  /** A commit goes out. */
  void begins() {
    underWay = true;
  }

  /** The commit is over. */
  void ends(Map<TopicPartition, OffsetAndMetadata> places, boolean done, long nowMs) {
    underWay = false;
    dueMs = next(nowMs);
    if (done) {
      committed.putAll(places);
    }
  }

  /** Nothing is to be committed now. */
  void skip(long nowMs) {
    dueMs = next(nowMs);
  }
}
