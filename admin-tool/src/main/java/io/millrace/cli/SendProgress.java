package io.millrace.cli;

import io.millrace.client.api.RecordMetadata;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what became of the records that were sent. Thread-safe. */
final class SendProgress {
  /**
   * The failure of the record that comes first in the input.
   *
   * @param line the number of its line, from 1
   * @param number its own, from 1: lines may hold no record
   * @param cause why
   */
  record Failure(long line, long number, Throwable cause) {}

  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();

  /** Guarded by this. */
  private Optional<Failure> failure = Optional.empty();

  /**
   * @param line the number of the record's line, from 1
   * @param future what becomes of it
   */
  void sent(long line, CompletableFuture<RecordMetadata> future, int recordBytes) {
    long number = sent.incrementAndGet();
    bytes.addAndGet(recordBytes);
    var unused =
        future.whenComplete(
            (where, cause) -> {
              if (cause == null) {
                acknowledged.incrementAndGet();
              } else {
                failed(new Failure(line, number, cause));
              }
            });
  }

  private synchronized void failed(Failure other) {
    failed.incrementAndGet();
    if (failure.isEmpty() || other.line() < failure.get().line()) {
      failure = Optional.of(other);
    }
  }

  long sent() {
    return sent.get();
  }

  long bytes() {
    return bytes.get();
  }

  long acknowledged() {
    return acknowledged.get();
  }

  long failed() {
    return failed.get();
  }

  synchronized Optional<Failure> failure() {
    return failure;
  }
}
