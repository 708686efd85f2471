package io.millrace.broker.log;

/**
 * A segment that a cleaning wrote, durable under the names of {@link SegmentFiles#CLEANED}.
 *
 * @param files the names it is to have
 * @param size its bytes
 * @param endOffset the offset after its last batch
 * @param sum of its batches
 */
record CleanedSegment(SegmentFiles files, int size, long endOffset, SegmentChecksum.FileSum sum) {}
