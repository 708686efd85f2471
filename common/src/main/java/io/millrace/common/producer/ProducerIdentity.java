package io.millrace.common.producer;

/**
 * Who an idempotent producer is: what {@code InitProducer} answers.
 *
 * @param producerId at least 1
 * @param producerEpoch 0 to 32,767
 */
public record ProducerIdentity(long producerId, int producerEpoch) {
  public ProducerIdentity {
    if (producerId < 1) {
      throw new IllegalArgumentException("producerId: " + producerId + " (expected: >= 1)");
    }
    if (producerEpoch < 0 || producerEpoch > Short.MAX_VALUE) {
      throw new IllegalArgumentException(
          "producerEpoch: " + producerEpoch + " (expected: 0 to 32767)");
    }
  }
}
