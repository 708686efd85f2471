package io.millrace.cli.perf;

import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of the records that were sent. What succeeds is told by the producer's thread alone
 * and needs no lock; {@link #latencies} may be read after the producer was flushed. The rest is
 * thread-safe.
 */
final class Acknowledgements {
  private final Clock clock;
  private final Tally acknowledged = new Tally();
  private final Latencies latencies = new Latencies();

  /** Written under this. */
  private volatile long failed;

  /** Guarded by this. */
  private Optional<MillraceException> firstFailure = Optional.empty();

  Acknowledgements(Clock clock) {
    this.clock = clock;
  }

  /** Takes the answer to one record, of so many bytes, whose latency counts from this time. */
  SendCallback expect(long startNanos, int bytes) {
    return new Answer(this, startNanos, bytes);
  }

  Tally acknowledged() {
    return acknowledged;
  }

  long failed() {
    return failed;
  }

  synchronized Optional<MillraceException> firstFailure() {
    return firstFailure;
  }

  Latencies latencies() {
    return latencies;
  }

  private void acknowledged(long startNanos, int bytes) {
    latencies.record(clock.monotonicNanos() - startNanos);
    acknowledged.add(1, bytes);
  }

  private synchronized void failed(MillraceException cause) {
    failed = failed + 1;
    if (firstFailure.isEmpty()) {
      firstFailure = Optional.of(cause);
    }
  }

  /** Waits for the answer to one record. */
  private record Answer(Acknowledgements all, long startNanos, int bytes) implements SendCallback {
    @Override
    public void completed(@Nullable RecordMetadata where, @Nullable MillraceException error) {
      if (error == null) {
        all.acknowledged(startNanos, bytes);
      } else {
        all.failed(error);
      }
    }
  }
}
