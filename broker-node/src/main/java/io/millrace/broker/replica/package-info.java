/**
 * The shell around the pure partition core: threads, the log on the disk, and the partitions that
 * the metadata gives this broker.
 *
 * <p>A request finds its {@link io.millrace.broker.replica.PartitionHost} through {@link
 * io.millrace.broker.replica.PartitionRegistry}. Behind it a {@link
 * io.millrace.broker.replica.PartitionRuntime} (core and log) lives on a {@link
 * io.millrace.broker.replica.Shard}; {@link io.millrace.broker.replica.ReplicaManager} makes and
 * ends them all.
 */
@NullMarked
package io.millrace.broker.replica;

import org.jspecify.annotations.NullMarked;
