package io.millrace.client.internal;

import java.util.ConcurrentModificationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Lets one thread at a time into an object, also when it comes back by a callback from inside, and
 * ends the object when nobody is inside. Thread-safe; nobody ever waits.
 */
final class UseGuard {
  private final String name;
  private final Runnable onClose;
  private final AtomicReference<Thread> user = new AtomicReference<>();
  private volatile boolean closed;

  /** Only for whoever is inside. */
  private boolean ended;

  /**
   * A guard with nobody inside.
   *
   * @param name what it guards, for messages
   * @param onClose run once, after {@link #close}, with nobody else inside
   */
  UseGuard(String name, Runnable onClose) {
    this.name = name;
    this.onClose = onClose;
  }

  /**
   * Runs something with nobody else inside.
   *
   * @throws ConcurrentModificationException if another thread is inside
   * @throws IllegalStateException after the close
   */
  <T> T inside(Supplier<T> work) {
    if (isInside()) {
      return work.get();
    }
    enter();
    try {
      return work.get();
    } finally {
      leave();
    }
  }

  private void enter() {
    refuseIfClosed();
    Thread other = user.compareAndExchange(null, Thread.currentThread());
    if (other != null) {
      refuseIfClosed();
      throw new ConcurrentModificationException(
          name
              + " is in use by the thread "
              + other.getName()
              + " (expected: one thread at a time; the "
              + Thread.currentThread().getName()
              + " thread may call wakeup, metrics and close)");
    }
    if (closed) {
      leave();
      refuseIfClosed();
    }
  }

  private void refuseIfClosed() {
    if (closed) {
      throw new IllegalStateException(name + " is closed");
    }
  }

  private void leave() {
    user.set(null);
    if (closed) {
      end();
    }
  }

  /** Whether the calling thread is inside. */
  boolean isInside() {
    return Thread.currentThread().equals(user.get());
  }

  /** Lets nobody in any more. Whoever is inside ends the object on leaving. Any thread. */
  void close() {
    closed = true;
    end();
  }

  /** If somebody is inside, it is his to do: he sees that it is closed when he leaves. */
  private void end() {
    if (!user.compareAndSet(null, Thread.currentThread())) {
      return;
    }
    try {
      if (!ended) {
        ended = true;
        onClose.run();
      }
    } finally {
      user.set(null);
    }
  }
}
