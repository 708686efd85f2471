package io.millrace.client.internal;

import io.millrace.client.api.ProducerInterceptor;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Calls a producer's interceptors, so that they can't do harm. Thread-safe. */
final class Interceptors {
  private final List<ProducerInterceptor> interceptors;
  private final AtomicLong failures = new AtomicLong();

  Interceptors(List<ProducerInterceptor> interceptors) {
    this.interceptors = interceptors;
  }

  boolean areThere() {
    return !interceptors.isEmpty();
  }

  /** How many calls threw. */
  long failures() {
    return failures.get();
  }

  /** The record as the last interceptor wants it. */
  ProducerRecord onSend(ProducerRecord record) {
    ProducerRecord current = record;
    for (ProducerInterceptor interceptor : interceptors) {
      try {
        current = Objects.requireNonNull(interceptor.onSend(current), "onSend returned null");
      } catch (Throwable thrown) {
        failed(thrown);
      }
    }
    return current;
  }

  /** A callback that tells the interceptors first. */
  SendCallback before(SendCallback callback, ProducerRecord record) {
    return new Intercepted(callback, record);
  }

  private final class Intercepted implements SendCallback {
    private final SendCallback callback;
    private final ProducerRecord record;

    Intercepted(SendCallback callback, ProducerRecord record) {
      this.callback = callback;
      this.record = record;
    }

    @Override
    public void completed(@Nullable RecordMetadata metadata, @Nullable MillraceException error) {
      for (ProducerInterceptor interceptor : interceptors) {
        try {
          interceptor.onAcknowledgement(record, metadata, error);
        } catch (Throwable thrown) {
          failed(thrown);
        }
      }
      callback.completed(metadata, error);
    }
  }

  private void failed(Throwable thrown) {
    if (failures.incrementAndGet() == 1) {
      ClientLog.error("a producer interceptor failed (further failures are counted only)", thrown);
    }
  }
}
