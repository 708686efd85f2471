package io.millrace.common.producer;

import io.millrace.common.Acks;

/**
 * The bounds of a {@link ProducerSession}.
 *
 * @param acks when the broker answers; {@link Acks#NONE} is for producers without identity only
 * @param maxInFlightBatches the most batches from the oldest unanswered one to the newest sent one,
 *     from 1; at most as many as the broker remembers for a producer
 * @param deliveryTimeoutMs how long after {@link ProducerSession#offer} a batch is given up
 * @param answerTimeoutMs how long a frame may stay unanswered before its stream is given up; longer
 *     than the time that the broker waits for acks
 * @param retryBackoffMs the wait before the first repeat
 * @param retryBackoffMaxMs the longest wait; each failure in a row doubles it up to here
 */
public record ProducerSettings(
    Acks acks,
    int maxInFlightBatches,
    long deliveryTimeoutMs,
    long answerTimeoutMs,
    long retryBackoffMs,
    long retryBackoffMaxMs) {
  public ProducerSettings {
    require(maxInFlightBatches >= 1, "maxInFlightBatches", maxInFlightBatches, ">= 1");
    require(deliveryTimeoutMs >= 1, "deliveryTimeoutMs", deliveryTimeoutMs, ">= 1");
    require(answerTimeoutMs >= 1, "answerTimeoutMs", answerTimeoutMs, ">= 1");
    require(retryBackoffMs >= 0, "retryBackoffMs", retryBackoffMs, ">= 0");
    require(
        retryBackoffMaxMs >= retryBackoffMs,
        "retryBackoffMaxMs",
        retryBackoffMaxMs,
        ">= retryBackoffMs");
  }

  private static void require(boolean condition, String name, long value, String expected) {
    if (!condition) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }
}
