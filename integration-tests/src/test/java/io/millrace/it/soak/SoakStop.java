package io.millrace.it.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends all workers: in time, or when the first of them fails. Thread-safe. */
final class SoakStop {
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Guarded by this. */
  private final List<String> failures = new ArrayList<>();

  boolean isSet() {
    return ended.getCount() == 0;
  }

  void set() {
    ended.countDown();
  }

  /** Waits; returns whether it is over. */
  boolean await(Duration time) {
    try {
      return ended.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Something is not as it must be: that ends everything. */
  void fail(String what) {
    synchronized (this) {
      failures.add(what);
    }
    set();
  }

  /** The first failure. */
  synchronized Optional<String> failure() {
    return failures.stream().findFirst();
  }
}
