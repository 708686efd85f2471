package io.millrace.client.api;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Sends records. Thread-safe.
 *
 * <p>Records of a partition are appended in the order of the calls to {@link #send}, exactly once
 * within the life of this producer (unless {@link ProducerConfig#idempotent()} is off or acks is
 * 0): it retries through broker restarts and changes of leader, and the broker knows a repeat.
 */
public interface Producer extends AutoCloseable {
  /**
   * Adds a record to the next batch of its partition and returns at once, unless the buffer is full
   * or the topic is not known yet: then it waits, up to {@link ProducerConfig#maxBlock()}.
   *
   * <p>The future completes on the producer's own thread: what hangs on it must not block.
   *
   * @return where the record is, or a {@link io.millrace.common.MillraceException}: {@code
   *     BATCH_TOO_LARGE}, {@code REQUEST_TIMED_OUT} after {@link ProducerConfig#deliveryTimeout()}
   *     (the record may still be in the log), {@code UNKNOWN_TOPIC}…
   */
  CompletableFuture<RecordMetadata> send(ProducerRecord record);

  /** Sends what is waiting without regard to the linger time, and waits until all is answered. */
  void flush();

  /**
   * Records whose future had already completed (acks=0) when the broker reported that it had
   * refused them.
   */
  long lateFailures();

  /**
   * Sends what is waiting, waits up to the time-out for the answers, fails what is left and
   * releases everything.
   */
  void close(Duration timeout);

  /** Closes after at most 30 seconds. */
  @Override
  default void close() {
    close(Duration.ofSeconds(30));
  }
}
