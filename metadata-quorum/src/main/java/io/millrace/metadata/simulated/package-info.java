/**
 * A metadata log of one node for simulations: deterministic, on any file store, with the same image
 * and snapshots as the real one.
 *
 * <p>Start with {@link io.millrace.metadata.simulated.SimulatedMetadataLog}.
 */
@NullMarked
package io.millrace.metadata.simulated;

import org.jspecify.annotations.NullMarked;
