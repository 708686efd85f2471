package io.millrace.client.internal;

import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceException;
import java.util.concurrent.atomic.AtomicLong;

/** Calls what applications gave to a producer, so that it can't do harm. Thread-safe. */
final class CallbackGuard {
  private final AtomicLong failures = new AtomicLong();

  void succeed(SendCallback callback, RecordMetadata metadata) {
    try {
      callback.completed(metadata, null);
    } catch (Throwable thrown) {
      failed(thrown);
    }
  }

  void fail(SendCallback callback, MillraceException error) {
    try {
      callback.completed(null, error);
    } catch (Throwable thrown) {
      failed(thrown);
    }
  }

  /** How many calls threw. */
  long failures() {
    return failures.get();
  }

  private void failed(Throwable thrown) {
    if (failures.incrementAndGet() == 1) {
      ClientLog.error("a send callback failed (further failures are counted only)", thrown);
    }
  }
}
