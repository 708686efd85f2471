package io.millrace.client.api;

import io.millrace.common.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Sees every record of a producer on its way out, and its answer on the way back. Set by {@link
 * ProducerConfig#interceptors()}; must be thread-safe and quick.
 *
 * <p>If the send itself throws (the producer was closed meanwhile), no answer follows a call of
 * {@link #onSend}.
 *
 * <p>What an interceptor throws is counted, and logged once; the record goes on as if that
 * interceptor were not there.
 */
public interface ProducerInterceptor {
  /**
   * A record is about to be sent; on the sender's thread, before its partition is chosen.
   *
   * @return the record to send instead, or the same
   */
  default ProducerRecord onSend(ProducerRecord record) {
    return record;
  }

  /**
   * A record has its answer, exactly one of the two; on the thread of the record's callback, before
   * it (see {@link SendCallback}).
   *
   * @param record as it was sent
   * @param metadata where it is, or null if it failed
   * @param error why it failed, or null
   */
  default void onAcknowledgement(
      ProducerRecord record,
      @Nullable RecordMetadata metadata,
      @Nullable MillraceException error) {}
}
