package io.millrace.broker.replica;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Has events handled one after the other by whoever brings one first; the others leave theirs and
 * go on at once. So an event needs no thread of its own, and nobody waits. Everything that one
 * event wrote, the next one sees. Thread-safe.
 *
 * <p>Who brings one may be a partition's shard or the timer's thread, and has work of its own:
 * after {@link #MOST_EVENTS} the rest is left to another thread.
 */
public final class EventRuns {
  /** The most events that a thread handles before it leaves the rest. */
  static final int MOST_EVENTS = 32;

  private final Consumer<Runnable> handler;
  private final Runnable endOfRun;
  private final Executor relief;
  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /**
   * How many were brought, less those that were handled in rounds that are over. Whoever moves it
   * from 0 to 1 has the runs, and whoever has them and finds it above 0 has something in the inbox.
   * May be below 0 while somebody brings one, as that is in the inbox before it is counted.
   */
  private final AtomicInteger pending = new AtomicInteger();

  /**
   * Nothing was brought yet.
   *
   * @param handler handles an event; must not block. What it throws meets whoever brought one, or
   *     the executor, and nothing is handled any more
   * @param endOfRun called when nothing is left to be handled, and before the rest is left to
   *     another thread, in the same way; events that it brings are another run
   * @param relief the threads that the rest is left to; it must run what it is given
   */
  public EventRuns(Consumer<Runnable> handler, Runnable endOfRun, Executor relief) {
    this.handler = handler;
    this.endOfRun = endOfRun;
    this.relief = relief;
  }

  /** Brings an event; it has been handled when this returns, or somebody else will. */
  public void bring(Runnable event) {
    inbox.add(event);
    if (pending.getAndIncrement() == 0) {
      run();
    }
  }

  private void run() {
    int handled = 0;
    int left = 1;
    while (left > 0) {
      int round = handleUpTo(MOST_EVENTS - handled);
      endOfRun.run();
      handled += round;
      left = pending.addAndGet(-round);
      if (left > 0 && handled == MOST_EVENTS) {
        relief.execute(this::run);
        return;
      }
    }
  }

  private int handleUpTo(int most) {
    int handled = 0;
    while (handled < most) {
      Runnable event = inbox.poll();
      if (event == null) {
        return handled;
      }
      handler.accept(event);
      handled++;
    }
    return handled;
  }
}
