/**
 * The whole broker on one thread, under a seed: the real partition core, log and producer session
 * over a simulated network, disk and clock. A run is a function of its seed; whatever it finds is
 * found again by the same seed on the same commit.
 *
 * <p>Start with {@link io.millrace.it.simulation.Simulation}; {@link
 * io.millrace.it.simulation.SimulationMain} runs many. What must hold is in {@link
 * io.millrace.it.simulation.PartitionLedger}.
 */
@NullMarked
package io.millrace.it.simulation;

import org.jspecify.annotations.NullMarked;
