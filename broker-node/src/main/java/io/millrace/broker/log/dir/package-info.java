/**
 * A data directory: whose it is, who works on it, what is known of it from the last time.
 *
 * <p>Start with {@link io.millrace.broker.log.dir.DataDir}: it is prepared once ({@code format}),
 * opened by one process at a time, and goes offline through one channel when its disk fails. The
 * files:
 *
 * <pre>
 * .lock               held while a process works on the directory
 * meta.properties     {@link io.millrace.broker.log.dir.MetaProperties}
 * boot-id             the machine's boot that the data belong to (S14)
 * clean-shutdown      there only between an orderly close and the next opening
 * recovery-points     {@link io.millrace.broker.log.dir.OffsetCheckpoint}: what is surely on disk
 * orders-0/           the log of partition 0 of the topic "orders"
 * </pre>
 */
@NullMarked
package io.millrace.broker.log.dir;

import org.jspecify.annotations.NullMarked;
