package io.millrace.broker.rpc;

import io.grpc.Context;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of requests that are not answered yet, under a bound: the whole server's, with a child for
 * each connection. Thread-safe, without locks.
 *
 * <p>What was read from the network is in memory already, so {@link #add} always succeeds; whoever
 * finds the budget exhausted afterwards stops reading and asks to be woken.
 */
public final class InFlightBytes {
  /** The budget of the connection that a call came on. */
  static final Context.Key<InFlightBytes> KEY = Context.key("millrace-in-flight");

  private final @Nullable InFlightBytes parent;
  private final long limit;

  /** At least 0. */
  private final AtomicLong used = new AtomicLong();

  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

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

  /** Whether nothing more should be read. */
  boolean exhausted() {
    return used.get() >= limit || (parent != null && parent.exhausted());
  }

  /**
   * Whether so many more bytes fit; a request larger than the bound fits when nothing else is in
   * flight.
   */
  boolean fits(long bytes) {
    long now = used.get();
    return (now == 0 || now + bytes <= limit) && (parent == null || parent.fits(bytes));
  }

  void add(long bytes) {
    used.addAndGet(bytes);
    if (parent != null) {
      parent.add(bytes);
    }
  }

  /** Gives bytes back and wakes those that wait. */
  void release(long bytes) {
    long left = used.addAndGet(-bytes);
    if (left < 0) {
      throw new IllegalStateException("bytes in flight: " + left + " (expected: >= 0)");
    }
    if (left < limit) {
      wake();
    }
    if (parent != null) {
      parent.release(bytes);
    }
  }

  /**
   * Runs a task once the budget is no longer exhausted: at once, or on a thread that releases
   * bytes.
   *
   * @param task must not block
   */
  void whenFree(Runnable task) {
    Optional<InFlightBytes> full = firstFull();
    if (full.isEmpty()) {
      task.run();
      return;
    }
    full.get().waiting.add(() -> whenFree(task));
    if (full.get().used.get() < full.get().limit) {
      full.get().wake();
    }
  }

  private Optional<InFlightBytes> firstFull() {
    if (used.get() >= limit) {
      return Optional.of(this);
    }
    return parent == null ? Optional.empty() : parent.firstFull();
  }

  private void wake() {
    for (int count = waiting.size(); count > 0; count--) {
      Runnable task = waiting.poll();
      if (task == null) {
        return;
      }
      task.run();
    }
  }
}
