/**
 * The partition as a pure state machine: events with the time on them come in, effects go out. No
 * threads, clocks, files or network; the same object runs under a shard thread and in the
 * simulator.
 *
 * <p>Start with {@link io.millrace.broker.replica.core.PartitionCore}, then {@link
 * io.millrace.broker.replica.core.PartitionEvent} and {@link
 * io.millrace.broker.replica.core.Effect}.
 */
@NullMarked
package io.millrace.broker.replica.core;

import org.jspecify.annotations.NullMarked;
