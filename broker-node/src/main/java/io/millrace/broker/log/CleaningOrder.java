package io.millrace.broker.log;

import io.millrace.broker.log.clean.OffsetMap;
import java.util.Map;

/**
 * What one cleaning needs besides the log.
 *
 * @param nowMs the wall clock, which must be trusted, ms since 1970 UTC
 * @param lastOffsets where the last batch of each producer ends, as of no earlier than the snapshot
 *     that is cleaned
 * @param map empty; bounds how much is cleaned at once
 * @param maxDecompressedBytes the most bytes that a batch's records may unpack to
 */
public record CleaningOrder(
    long nowMs, Map<Long, Long> lastOffsets, OffsetMap map, long maxDecompressedBytes) {
  public CleaningOrder {
    lastOffsets = Map.copyOf(lastOffsets);
  }
}
