package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of one partition. Each is one publication's at a time; when all are taken, the next
 * waits in line. Thread-safe: one lock, under which nothing else is called.
 */
final class ForwardLanes {
  /** The leader remembers each lane's last batches: so many bound what it must keep. */
  private static final int MOST_LANES = 64;

  private static final long RETRY_MS = 250;

  private final Supplier<CompletableFuture<ForwardLane>> maker;
  private final Clock clock;
  private final Scheduler scheduler;

  /** The one given back last goes out first: a quiet partition keeps few lanes busy. */
  private final Deque<ForwardLane> idle = new ArrayDeque<>();

  private final Deque<Waiter> waiting = new ArrayDeque<>();

  /** Lanes that exist or are being made; at most {@link #MOST_LANES}. */
  private int lanes;

  /** Lanes being made. */
  private int coming;

  /** Why the last lane could not be made; empty if it could. */
  private Optional<MillraceError> failure = Optional.empty();

  private long usedMs;

  private record Waiter(CompletableFuture<ForwardLane> lane, Scheduler.Cancellable timeout) {}

  /**
   * Begins without lanes.
   *
   * @param maker makes one
   */
  ForwardLanes(Supplier<CompletableFuture<ForwardLane>> maker, Clock clock, Scheduler scheduler) {
    this.maker = maker;
    this.clock = clock;
    this.scheduler = scheduler;
    this.usedMs = clock.monotonicMs();
  }

  /**
   * A lane for the caller alone, to be given back.
   *
   * @param deadlineMs when waiting for one fails, on the monotonic clock: with UNAVAILABLE if none
   *     could be made, with REQUEST_TIMED_OUT if others had them all
   */
  CompletableFuture<ForwardLane> take(long deadlineMs) {
    CompletableFuture<ForwardLane> lane = new CompletableFuture<>();
    boolean make;
    synchronized (this) {
      usedMs = clock.monotonicMs();
      if (!idle.isEmpty()) {
        lane.complete(idle.pop());
        return lane;
      }
      Scheduler.Cancellable timeout =
          scheduler.schedule(deadlineMs - usedMs, () -> lane.completeExceptionally(whyNone()));
      waiting.add(new Waiter(lane, timeout));
      make = lanes < MOST_LANES && coming < waiting.size();
      if (make) {
        lanes++;
        coming++;
      }
    }
    if (make) {
      make();
    }
    return lane;
  }

  private void make() {
    CompletableFuture<Void> unused =
        maker
            .get()
            .handle(
                (lane, thrown) -> {
                  made(Optional.ofNullable(lane), thrown);
                  return null;
                });
  }

  private void made(Optional<ForwardLane> lane, @Nullable Throwable thrown) {
    boolean again;
    synchronized (this) {
      failure = Optional.ofNullable(thrown).map(RpcErrors::toError);
      waiting.removeIf(waiter -> waiter.lane().isDone());
      again = lane.isEmpty() && coming <= waiting.size();
      coming -= again ? 0 : 1;
      lanes -= again || lane.isPresent() ? 0 : 1;
    }
    if (again) {
      scheduler.schedule(RETRY_MS, this::make);
    }
    lane.ifPresent(this::handOut);
  }

  /** The caller has its results. */
  void giveBack(ForwardLane lane) {
    if (!lane.hasEnded()) {
      handOut(lane);
      return;
    }
    boolean make;
    synchronized (this) {
      make = waiting.size() > coming;
      coming += make ? 1 : 0;
      lanes -= make ? 0 : 1;
    }
    if (make) {
      make();
    }
  }

  private void handOut(ForwardLane lane) {
    while (true) {
      Waiter next;
      synchronized (this) {
        usedMs = clock.monotonicMs();
        next = waiting.poll();
        if (next == null) {
          idle.push(lane);
          return;
        }
      }
      next.timeout().cancel();
      if (next.lane().complete(lane)) {
        return;
      }
    }
  }

  /** Whether nobody has used it since a time on the monotonic clock. */
  synchronized boolean unusedSince(long sinceMs) {
    return idle.size() == lanes && waiting.isEmpty() && usedMs < sinceMs;
  }

  /** What the controller says of a lane's producer id is not about the client's request. */
  private synchronized RuntimeException whyNone() {
    if (coming > 0) {
      String last = failure.map(error -> "; last answer: " + error).orElse("");
      return new MillraceError(
              ErrorCode.UNAVAILABLE, "no producer id was given by the controller" + last)
          .exception();
    }
    return new MillraceError(
            ErrorCode.REQUEST_TIMED_OUT,
            "too many publications for the partition were before this one")
        .exception();
  }
}
