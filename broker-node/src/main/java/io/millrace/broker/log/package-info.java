/**
 * The log engine: one partition's records on one disk.
 *
 * <p>Start with {@link io.millrace.broker.log.PartitionLog}, which the partition's shard writes
 * through, and {@link io.millrace.broker.log.LogSnapshot}, which any thread reads. Under them lie
 * segments ({@code LogSegment}), their sparse indexes ({@code OffsetIndex}, {@code TimeIndex}), the
 * producers' sequences ({@link io.millrace.broker.log.ProducerStateTable}) and the history of
 * leaders ({@link io.millrace.broker.log.LeaderEpochCache}). Disk errors leave as {@link
 * io.millrace.broker.log.LogDirException}, whatever failed.
 */
@NullMarked
package io.millrace.broker.log;

import org.jspecify.annotations.NullMarked;
