package io.millrace.it.faults;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends a small record to one partition each 10 ms, acks=all, and measures the longest time without
 * an acknowledgement. A thread of its own.
 */
final class GapProbe implements AutoCloseable {
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int BYTES = 16;

  private final MillraceClient client;
  private final Producer producer;
  private final TopicPartition partition;
  private final Thread sending;
  private volatile boolean closed;

  /** Guarded by this. */
  private long lastNanos = System.nanoTime();

  private long longestNanos;
  private long acknowledged;
  private Optional<Exception> failure = Optional.empty();

  GapProbe(String bootstrap, TopicPartition partition) {
    this.client = MillraceClient.connect(ClientConfig.of(bootstrap));
    this.producer = client.producer(ProducerConfig.defaults());
    this.partition = partition;
    this.sending = new Thread(this::run, "probe");
    sending.start();
  }

  private void run() {
    long due = System.nanoTime();
    for (long number = 0; !closed; number++) {
      byte[] value = RecordContent.bytes(RecordContent.of(1, number), BYTES);
      producer.send(
          ProducerRecord.of(partition.topic(), value).toPartition(partition.partition()),
          (at, error) -> answered(Optional.ofNullable(error)));
      due += EVERY_NANOS;
      while (due > System.nanoTime()) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
    }
  }

  private synchronized void answered(Optional<? extends Exception> error) {
    if (error.isPresent()) {
      failure = Optional.of(error.get());
      return;
    }
    long now = System.nanoTime();
    longestNanos = Math.max(longestNanos, now - lastNanos);
    lastNanos = now;
    acknowledged++;
  }

  /** The measure begins anew; what was acknowledged last was it now. */
  synchronized void begin() {
    longestNanos = 0;
    acknowledged = 0;
    lastNanos = System.nanoTime();
  }

  synchronized long acknowledged() {
    return acknowledged;
  }

  synchronized long longestMs() {
    return TimeUnit.NANOSECONDS.toMillis(longestNanos);
  }

  /** Why a record failed for good, if one did. */
  synchronized Optional<Exception> failure() {
    return failure;
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    sending.join();
    producer.close();
    client.close();
  }
}
