package io.millrace.broker.log.clean;

import java.util.Map;

/**
 * What one cleaning goes by.
 *
 * @param endOffset records below it are judged, all others stay: the map knows every key below it
 *     that was appended since the last cleaning
 * @param nowMs the wall clock when the cleaning began, ms since 1970 UTC
 * @param deleteRetentionMs {@code delete.retention.ms}: how long tombstones stay from the first
 *     cleaning that meets them
 * @param lastOffsets the last offset of each producer that is remembered; the batch that ends there
 *     stays, if need be without records
 */
public record CleaningRules(
    long endOffset, long nowMs, long deleteRetentionMs, Map<Long, Long> lastOffsets) {
  public CleaningRules {
    lastOffsets = Map.copyOf(lastOffsets);
  }

  /** When tombstones that are met for the first time may be removed, ms since 1970 UTC. */
  long newHorizonMs() {
    long horizon = nowMs + deleteRetentionMs;
    return horizon < nowMs ? Long.MAX_VALUE : horizon;
  }

  boolean isLastOf(long producerId, long lastOffset) {
    Long last = lastOffsets.get(producerId);
    return last != null && last == lastOffset;
  }
}
