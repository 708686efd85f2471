package io.millrace.bench.kafka.load;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What was acknowledged or received so far, and the first failure. Thread-safe. */
final class Tally {
  private final Latencies latencies = new Latencies();
  private final LongAdder bytes = new LongAdder();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  void add(long nanos, int valueBytes) {
    latencies.add(nanos);
    bytes.add(valueBytes);
  }

  void failed(Throwable error) {
    failure.compareAndSet(null, error);
  }

  boolean hasFailed() {
    return failure.get() != null;
  }

  /**
   * Returns if nothing has failed.
   *
   * @throws IllegalStateException with the first failure
   */
  void check() {
    Throwable first = failure.get();
    if (first != null) {
      throw new IllegalStateException("a record failed: " + first, first);
    }
  }

  Latencies.Copy latencies() {
    return latencies.copy();
  }

  long bytes() {
    return bytes.sum();
  }
}
