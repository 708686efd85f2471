package io.millrace.client.api;

import io.millrace.common.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Told once what became of a record.
 *
 * <p>Runs on the producer's own thread, and must not block: nothing is sent meanwhile. Callbacks of
 * one batch come in the order of its records; those of a partition's batches in the order in which
 * the batches are answered, which is not always that of the log: a batch that is refused and sent
 * again can be answered after the ones behind it that were taken.
 *
 * <p>It may send, but nothing is waited for then: if the buffer is full, that record fails at once
 * with {@code REQUEST_TIMED_OUT}; if its topic is not known, with {@code UNAVAILABLE}, and the
 * topic is looked up meanwhile, so that a later try finds it. A record that is refused before it
 * gets into a batch (unknown topic, full buffer) is told of on the sender's thread instead, before
 * {@link Producer#send} returns. What a callback throws is counted and logged once, and harms
 * nobody else.
 */
@FunctionalInterface
public interface SendCallback {
  /**
   * Exactly one of the two is there.
   *
   * @param metadata where the record is, or null if it failed
   * @param error why it failed, or null; see {@link Producer#send(ProducerRecord)} for its codes
   */
  void completed(@Nullable RecordMetadata metadata, @Nullable MillraceException error);
}
