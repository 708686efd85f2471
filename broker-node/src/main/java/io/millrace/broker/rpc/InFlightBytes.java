package io.millrace.broker.rpc;

import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that requests or answers hold, under a bound: the whole server's, with a child for each
 * connection. Thread-safe, without locks.
 *
 * <p>A unary request gets in by {@link #tryAdd} or not at all. A stream asks for its next message
 * only while there is room ({@link #whenFree}) and then {@link #add}s what came: so the bound is
 * passed by at most one message of each stream, and the number of streams is bounded ({@link
 * StreamPlaces}).
 */
public final class InFlightBytes {
  private final @Nullable InFlightBytes parent;
  private final long limit;

  /** At least 0. */
  private final AtomicLong used = new AtomicLong();

  private final Queue<Waiter> waiting = new ConcurrentLinkedQueue<>();

  /** Calls of {@link #wake} that the one that is under way has not seen to; 0 if none is. */
  private final AtomicInteger wakes = new AtomicInteger();

  /** Equal if the task is the same. */
  private record Waiter(InFlightBytes budget, Runnable task) {}

  private InFlightBytes(@Nullable InFlightBytes parent, long limit) {
    this.parent = parent;
    this.limit = limit;
  }

  /**
   * The server's budget.
   *
   * @param limit bytes
   */
  public static InFlightBytes total(long limit) {
    return new InFlightBytes(null, limit);
  }

  /** A connection's budget; its bytes count here too. */
  InFlightBytes child(long childLimit) {
    return new InFlightBytes(this, childLimit);
  }

  /** The bytes in flight. */
  public long used() {
    return used.get();
  }

  /** The bound. */
  public long limit() {
    return limit;
  }

  /**
   * Takes the bytes of a request if they fit, in one step: of several that come together only those
   * get in that fit together. A request larger than the bound fits when nothing else is in flight.
   */
  boolean tryAdd(long bytes) {
    long now = used.get();
    while (now == 0 || now + bytes <= limit) {
      if (used.compareAndSet(now, now + bytes)) {
        if (parent == null || parent.tryAdd(bytes)) {
          return true;
        }
        giveBack(bytes);
        return false;
      }
      now = used.get();
    }
    return false;
  }

  /**
   * Takes the bytes of an answer unless others exhaust the budget, in one step: so the bound is
   * passed by at most one answer.
   *
   * @param held what the answer has taken already
   */
  boolean tryGrow(long bytes, long held) {
    long now = used.get();
    while (now - held < limit) {
      if (used.compareAndSet(now, now + bytes)) {
        if (parent == null || parent.tryGrow(bytes, held)) {
          return true;
        }
        giveBack(bytes);
        return false;
      }
      now = used.get();
    }
    return false;
  }

  /** Takes the bytes of a message of a stream that was asked for while there was room. */
  void add(long bytes) {
    used.addAndGet(bytes);
    if (parent != null) {
      parent.add(bytes);
    }
  }

  /** Gives bytes back and wakes those that wait. */
  void release(long bytes) {
    giveBack(bytes);
    if (parent != null) {
      parent.release(bytes);
    }
  }

  private void giveBack(long bytes) {
    long left = used.addAndGet(-bytes);
    if (left < 0) {
      throw new IllegalStateException("bytes in flight: " + left + " (expected: >= 0)");
    }
    if (left < limit) {
      wake();
    }
  }

  /**
   * Runs a task once the budget is no longer exhausted: at once, or on a thread that releases
   * bytes.
   *
   * @param task must not block; the same one to {@link #forget}
   */
  void whenFree(Runnable task) {
    Optional<InFlightBytes> full = firstFull();
    if (full.isEmpty()) {
      task.run();
      return;
    }
    full.get().waiting.add(new Waiter(this, task));
    if (full.get().used.get() < full.get().limit) {
      full.get().wake();
    }
  }

  /** A task that waits is not needed any more: its call has ended. */
  void forget(Runnable task) {
    Waiter gone = new Waiter(this, task);
    for (InFlightBytes each = this; each != null; each = each.parent) {
      each.waiting.remove(gone);
    }
  }

  private Optional<InFlightBytes> firstFull() {
    if (used.get() >= limit) {
      return Optional.of(this);
    }
    return parent == null ? Optional.empty() : parent.firstFull();
  }

  /** Runs who waits, one round at a time: who is woken may release bytes and so wake others. */
  private void wake() {
    if (wakes.getAndIncrement() > 0) {
      return;
    }
    int seen = 1;
    try {
      while (seen > 0) {
        wakeAll();
        seen = wakes.addAndGet(-seen);
      }
    } finally {
      if (seen > 0) {
        wakes.set(0);
      }
    }
  }

  private void wakeAll() {
    for (int count = waiting.size(); count > 0; count--) {
      Waiter waiter = waiting.poll();
      if (waiter == null) {
        return;
      }
      waiter.budget().whenFree(waiter.task());
    }
  }
}
