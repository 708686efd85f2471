package io.millrace.client.api;

import io.millrace.common.MillraceException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Sends records. Thread-safe.
 *
 * <p>Records of a partition are appended in the order of the calls to {@code send}, exactly once
 * within the life of this producer (unless {@link ProducerConfig#idempotent()} is off or acks is
 * 0): it retries through broker restarts and changes of leader, and the broker knows a repeat.
 *
 * <p>There are four ways to send, which differ only in how the answer comes: as a future, by a
 * callback (cheaper: nothing is made per record but the metadata that it is given), by waiting, or
 * not at all (cheapest). All of them put the record into the next batch of its partition and
 * return, unless the buffer is full or the topic is not known yet: then they wait, up to {@link
 * ProducerConfig#maxBlock()}.
 */
public interface Producer extends AutoCloseable {
  /**
   * Sends a record; a future tells what became of it.
   *
   * <p>The future completes on the producer's own thread: what hangs on it must not block.
   *
   * @return where the record is, or a {@link MillraceException}: {@code REQUEST_TOO_LARGE} for a
   *     record larger than {@link ProducerConfig#bufferBytes()}, {@code BATCH_TOO_LARGE} for one
   *     that the broker or the topic does not take, {@code REQUEST_TIMED_OUT} after {@link
   *     ProducerConfig#deliveryTimeout()} or when the buffer was full for {@link
   *     ProducerConfig#maxBlock()}, {@code UNKNOWN_TOPIC}… The detail {@code maybe_appended} tells
   *     whether a record that failed may be in the log all the same; it is {@code false} for one
   *     that got into no batch.
   * @throws IllegalStateException after {@link #close}
   */
  CompletableFuture<RecordMetadata> send(ProducerRecord record);

  /**
   * Sends a record; the callback is told what became of it.
   *
   * @throws IllegalStateException after {@link #close}; the callback is not called then
   */
  void send(ProducerRecord record, SendCallback callback);

  /**
   * Sends a record and waits for its answer. One record at a time is slow: each waits for the
   * linger time and a round trip.
   *
   * @throws MillraceException if it failed, with the codes of {@link #send(ProducerRecord)}; {@code
   *     UNAVAILABLE} if the thread was interrupted (the record may still be sent)
   * @throws IllegalStateException after {@link #close}, or in a callback of this producer
   */
  RecordMetadata sendAndWait(ProducerRecord record);

  /**
   * Sends a record without asking what becomes of it. Failures are counted in {@link #metrics()},
   * and the first one is logged.
   *
   * @throws IllegalStateException after {@link #close}
   */
  void sendAndForget(ProducerRecord record);

  /**
   * Sends what was given before the call, without regard to the linger time, and waits until all of
   * it is answered and its callbacks have run: no longer than {@link
   * ProducerConfig#deliveryTimeout()}, after which records fail. With acks=0 the answer is given
   * when a batch is queued for its stream: it may not have left this process when this returns;
   * {@link #close} waits for that.
   *
   * @throws MillraceException {@code UNAVAILABLE} if the thread was interrupted; what was given is
   *     sent all the same
   * @throws IllegalStateException in a callback of this producer: it would wait for itself
   */
  default void flush() {
    flush(Duration.ofMillis(Long.MAX_VALUE));
  }

  /**
   * As {@link #flush()}, but waits no longer than the time-out; what is not answered by then goes
   * on.
   *
   * @return whether everything was answered
   */
  boolean flush(Duration timeout);

  /** What this producer did so far and holds now; cheap enough to ask for every second. */
  ProducerMetrics metrics();

  /**
   * Records that already had their answer (acks=0) when the broker reported that it had refused
   * them: the same as in {@link #metrics()}.
   */
  default long lateFailures() {
    return metrics().failures().late();
  }

  /**
   * Takes no more records, sends what is waiting, waits up to the time-out for the answers, fails
   * what is left and releases everything; this takes up to a few seconds more. A send that waits
   * for room in the buffer ends at once with an {@link IllegalStateException}.
   *
   * <p>In a callback of this producer it returns at once and the rest happens on another thread,
   * with the whole time-out: what waits is sent, where Apache Kafka's producer would fail it. A
   * second call waits, up to its own time-out, until the first is through; whoever ends the process
   * must do that, as the other thread does not keep it alive.
   */
  void close(Duration timeout);

  /** Closes after at most 30 seconds. */
  @Override
  default void close() {
    close(Duration.ofSeconds(30));
  }
}
