package io.millrace.broker.replica;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** Who waits until a topic is here what the metadata says. Thread-safe. */
final class ServingWaiters {
  private record Waiter(UUID topicId, long revision, CompletableFuture<Void> future) {}

  private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();

  boolean isEmpty() {
    return waiters.isEmpty();
  }

  CompletableFuture<Void> add(UUID topicId, long revision, long timeoutMs) {
    Waiter waiter = new Waiter(topicId, revision, new CompletableFuture<>());
    waiters.add(waiter);
    CompletableFuture.delayedExecutor(timeoutMs, TimeUnit.MILLISECONDS, Runnable::run)
        .execute(() -> fail(waiter, ErrorCode.REQUEST_TIMED_OUT, "does not serve here yet"));
    return waiter.future.whenComplete((done, failed) -> waiters.remove(waiter));
  }

  /**
   * Looks at all of them again.
   *
   * @param revision the metadata's revision that has been applied
   * @param serves whether a topic serves as that revision says
   * @param whyNever why a topic can't serve, as far as one can see; empty while it may
   */
  void check(
      long revision, Predicate<UUID> serves, Function<UUID, Optional<MillraceError>> whyNever) {
    for (Waiter waiter : waiters) {
      if (revision < waiter.revision) {
        continue;
      }
      if (serves.test(waiter.topicId)) {
        waiter.future.complete(null);
      } else {
        whyNever
            .apply(waiter.topicId)
            .ifPresent(why -> waiter.future.completeExceptionally(why.exception()));
      }
    }
  }

  private static void fail(Waiter waiter, ErrorCode code, String what) {
    waiter.future.completeExceptionally(
        new MillraceException(code, "topic " + waiter.topicId + " " + what));
  }
}
