/**
 * The producer's side of an ordered pipeline as a pure state machine: which batch gets which
 * sequence, what is sent again after which error, and when a batch is settled. No threads, clocks
 * or IO: the SDK, a forwarding broker and the simulator drive the same code.
 *
 * <p>Start with {@link io.millrace.common.producer.ProducerSession} and what it asks of its owner,
 * {@link io.millrace.common.producer.ProducerEffects}.
 */
@NullMarked
package io.millrace.common.producer;

import org.jspecify.annotations.NullMarked;
