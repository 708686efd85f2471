package io.millrace.client.internal;

import io.millrace.client.api.ProducerMetrics.Answered;
import io.millrace.client.api.ProducerMetrics.Frames;
import io.millrace.client.api.ProducerMetrics.Latency;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.time.Clock;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what a producer does, a batch at a time. What is not said otherwise is written by the
 * producer's thread; read by any.
 */
final class ProducerCounters {
  private final Clock clock;
  private final LatencyHistogram requestLatency = new LatencyHistogram();
  private final AtomicLong records = new AtomicLong();
  private final AtomicLong batches = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong frames = new AtomicLong();
  private final AtomicLong retries = new AtomicLong();
  private final AtomicLong cuts = new AtomicLong();
  private final AtomicLong late = new AtomicLong();

  /** Written by senders too. */
  private final AtomicLong failedRecords = new AtomicLong();

  /** Written by senders too. */
  private final AtomicLong forgotten = new AtomicLong();

  ProducerCounters(Clock clock) {
    this.clock = clock;
  }

  /** A batch is put on a stream. */
  void sent(ProducerBatch batch) {
    frames.incrementAndGet();
    if (batch.attempt(clock.monotonicNanos()) > 1) {
      retries.incrementAndGet();
    }
  }

  /** A batch has its answer, and its callbacks were not told yet. */
  void completed(ProducerBatch batch, BatchOutcome outcome) {
    if (outcome instanceof BatchOutcome.Failed failed) {
      failedRecords.addAndGet(batch.recordCount());
      forgottenFailed(batch.forgotten(), failed.error());
      return;
    }
    records.addAndGet(batch.recordCount());
    batches.incrementAndGet();
    bytes.addAndGet(batch.encodedBytes());
    if (outcome instanceof BatchOutcome.Acknowledged) {
      requestLatency.record(clock.monotonicNanos() - batch.sentAtNanos());
    }
  }

  /** A batch was cut. */
  void cut() {
    cuts.incrementAndGet();
  }

  /** A record got into no batch. Any thread. */
  void refused() {
    failedRecords.incrementAndGet();
  }

  /** Records that nobody asks about failed. Any thread. */
  void forgottenFailed(int count, MillraceError error) {
    if (count > 0 && forgotten.getAndAdd(count) == 0) {
      ClientLog.warn(
          "a record that was sent without asking for its answer failed (further ones are counted): "
              + error);
    }
  }

  /** A batch of so many records was refused after they counted as acknowledged. */
  void lateFailure(int count, MillraceError error) {
    if (count > 0 && late.getAndAdd(count) == 0) {
      ClientLog.warn("a batch sent with acks=0 was refused (further ones are counted): " + error);
    }
  }

  long late() {
    return late.get();
  }

  long forgotten() {
    return forgotten.get();
  }

  Answered answered() {
    return new Answered(records.get(), batches.get(), bytes.get(), failedRecords.get());
  }

  Frames frames() {
    return new Frames(frames.get(), retries.get(), cuts.get());
  }

  Latency requestLatency() {
    return requestLatency.snapshot();
  }
}
