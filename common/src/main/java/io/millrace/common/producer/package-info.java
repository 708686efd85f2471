/**
 * The producer's side of an ordered pipeline as a pure state machine: which batch gets which
 * sequence, what is sent again after which error, and when a batch is settled. No threads, clocks
 * or IO: the SDK, a forwarding broker and the simulator drive the same code.
 *
 * <p>Start with {@link io.millrace.common.producer.ProducerSession} and what it asks of its owner,
 * {@link io.millrace.common.producer.ProducerEffects}. The session has the phases and the order of
 * things; the rooms around it have one job each: {@link io.millrace.common.producer.SendWindow} the
 * batches that have a sequence, {@link io.millrace.common.producer.SequenceNumbers} the next ones,
 * {@link io.millrace.common.producer.SequenceGap} holes in them, {@link
 * io.millrace.common.producer.StreamPlace} the stream, {@link
 * io.millrace.common.producer.RetryPause} the waits, {@link
 * io.millrace.common.producer.BatchDeadlines} the time-outs, {@link
 * io.millrace.common.producer.BatchCompletion} the outcomes.
 */
@NullMarked
package io.millrace.common.producer;

import org.jspecify.annotations.NullMarked;
