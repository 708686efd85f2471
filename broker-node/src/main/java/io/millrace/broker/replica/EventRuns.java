package io.millrace.broker.replica;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Has events handled one after the other by whoever brings one first; the others leave theirs and
 * go on at once. So an event needs no thread of its own, and nobody waits. Everything that one
 * event wrote, the next one sees. Thread-safe.
 */
public final class EventRuns {
  private final Consumer<Runnable> handler;
  private final Runnable endOfRun;
  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /** What was brought and not yet handled, about; above 0 while somebody handles it. */
  private final AtomicInteger pending = new AtomicInteger();

  /**
   * Nothing was brought yet.
   *
   * @param handler handles an event; must not block. What it throws meets whoever brought one, and
   *     nothing is handled any more
   * @param endOfRun called when nothing is left to be handled, in the same way; events that it
   *     brings are another run
   */
  public EventRuns(Consumer<Runnable> handler, Runnable endOfRun) {
    this.handler = handler;
    this.endOfRun = endOfRun;
  }

  /** Brings an event; it has been handled when this returns, or somebody else will. */
  public void bring(Runnable event) {
    inbox.add(event);
    if (pending.getAndIncrement() > 0) {
      return;
    }
    int done = 1;
    while (done > 0) {
      handleAll();
      endOfRun.run();
      done = pending.addAndGet(-done);
    }
  }

  private void handleAll() {
    Runnable event = inbox.poll();
    while (event != null) {
      handler.accept(event);
      event = inbox.poll();
    }
  }
}
