package io.millrace.client.internal;

import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What came for a consumer and was not taken yet. Any thread adds, the consumer's takes. Bounded by
 * the streams' credits and their bound on messages.
 */
final class FetchEvents {
  private final LinkedBlockingQueue<FetchEvent> waiting = new LinkedBlockingQueue<>();

  /** Whether a wake-up is among them. */
  private final AtomicBoolean woken = new AtomicBoolean();

  void add(FetchEvent event) {
    waiting.add(event);
  }

  /** Adds a wake-up, unless there is one. */
  void wake() {
    if (woken.compareAndSet(false, true)) {
      add(new FetchEvent.Woken());
    }
  }

  /** The next one; waits for it, if there is time. An interrupt counts as a wake-up. */
  Optional<FetchEvent> next(long waitMs) {
    try {
      FetchEvent event = waitMs > 0 ? waiting.poll(waitMs, TimeUnit.MILLISECONDS) : waiting.poll();
      if (event instanceof FetchEvent.Woken) {
        woken.set(false);
      }
      return Optional.ofNullable(event);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(new FetchEvent.Woken());
    }
  }

  /** Every message that came before was taken: what waits to be taken is not silence. */
  long takenUntilMs(long nowMs) {
    FetchEvent next = waiting.peek();
    if (next == null) {
      return nowMs;
    }
    return next instanceof FetchEvent.Data data ? data.receivedMs() : Long.MIN_VALUE;
  }

  void clear() {
    waiting.clear();
  }
}
