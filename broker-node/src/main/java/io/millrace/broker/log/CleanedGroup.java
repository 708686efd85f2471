package io.millrace.broker.log;

import java.util.List;

/**
 * What a cleaning puts in the place of some segments: made by {@link LogCleaning}, taken in by
 * {@link PartitionLog#prepareSwap}. Immutable.
 *
 * @param replaced segments of the log, one after the other; none if they are right as they are
 * @param cleaned the one that takes their place; none if there are none
 * @param cleanedOffset compaction has seen everything below it once this is taken in
 */
public record CleanedGroup(
    List<SegmentView> replaced, List<CleanedSegment> cleaned, long cleanedOffset) {
  public CleanedGroup {
    replaced = List.copyOf(replaced);
    cleaned = List.copyOf(cleaned);
  }
}
