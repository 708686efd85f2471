package io.millrace.cli.perf;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * Receives the records of the runs of this process, on a thread of its own that nobody else may use
 * the consumer on. A record is received when the poll that has it returns.
 */
final class Receiver implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long END_TIMEOUT_MS = 5_000;

  private final Consumer consumer;
  private final Clock clock;
  private final List<Receipts> runs;
  private final Thread thread = new Thread(this::receive, "millrace-receiver");
  private volatile boolean closed;

  /**
   * @param consumer with its partitions assigned
   */
  Receiver(Consumer consumer, Clock clock, List<Receipts> runs) {
    this.consumer = consumer;
    this.clock = clock;
    this.runs = runs;
    this.thread.setDaemon(true);
  }

  Receiver start() {
    thread.start();
    return this;
  }

  private void receive() {
    try {
      while (!closed) {
        List<ConsumerRecord> records = consumer.poll(POLL);
        long now = clock.monotonicNanos();
        records.forEach(record -> take(record, now));
      }
    } catch (MillraceException e) {
      runs.forEach(run -> run.fail(e));
    }
  }

  private void take(ConsumerRecord record, long nowNanos) {
    byte[] value = record.value();
    if (value == null) {
      return;
    }
    for (Receipts run : runs) {
      if (Stamps.isOf(run.runId(), value)) {
        run.received(Stamps.startNanos(value), nowNanos);
      }
    }
  }

  /** Ends the thread; the consumer is the caller's again. */
  @Override
  public void close() {
    closed = true;
    consumer.wakeup();
    try {
      thread.join(END_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
