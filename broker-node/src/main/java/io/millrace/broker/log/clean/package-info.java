/**
 * Which records compaction removes: values in, values out, no files, threads or clock.
 *
 * <p>{@link io.millrace.broker.log.clean.OffsetMap} holds the newest offset of each key in what was
 * appended since the last cleaning; {@link io.millrace.broker.log.clean.BatchCleaner} takes the
 * log's batches one after the other and hands on what stays (KIP-58, KIP-354, KIP-534). The files
 * are written and swapped by {@link io.millrace.broker.log.LogCleaning}.
 *
 * <p>A compacted log has no holes: where records were removed an empty batch keeps their offsets.
 * Decision 0017 says why.
 */
@NullMarked
package io.millrace.broker.log.clean;

import org.jspecify.annotations.NullMarked;
