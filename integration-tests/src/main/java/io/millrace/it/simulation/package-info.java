/**
 * A broker, controllers, or whole clusters on one thread, under a seed: the real controller,
 * session, partition core, replication links, log and producer session over a simulated network,
 * disk and clock. A run is a function of its seed; whatever it finds is found again by the same
 * seed on the same commit.
 *
 * <p>Start with {@link io.millrace.it.simulation.Simulation} for one broker and {@link
 * io.millrace.it.simulation.ClusterSimulation} for clusters; {@link
 * io.millrace.it.simulation.SimulationMain} runs many. What must hold is in {@link
 * io.millrace.it.simulation.PartitionLedger}, {@link io.millrace.it.simulation.MetadataInvariants}
 * and {@link io.millrace.it.simulation.ReplicaLedger}.
 */
@NullMarked
package io.millrace.it.simulation;

import org.jspecify.annotations.NullMarked;
