package io.millrace.broker.log;

import java.util.List;

/**
 * A log as {@link LogLoader} found or made it.
 *
 * @param sealed all segments but the last, each complete on disk
 * @param writer the last segment
 * @param logStartOffset the smallest offset that can be read
 * @param cleanedOffset compaction has seen everything below it
 * @param durableOffset everything below it is durable
 * @param epochs which leader epochs wrote it
 * @param producers its idempotent producers
 * @param syncedMark whether whatever was acknowledged had been synced before (see {@link
 *     PartitionFiles})
 * @param recovery what was found
 */
record LoadedLog(
    List<SegmentView> sealed,
    SegmentWriter writer,
    long logStartOffset,
    long cleanedOffset,
    long durableOffset,
    LeaderEpochCache epochs,
    ProducerStateTable producers,
    boolean syncedMark,
    RecoveryResult recovery) {}
