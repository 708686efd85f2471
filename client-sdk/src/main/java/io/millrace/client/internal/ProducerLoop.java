package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/**
 * The producer's thread: runs tasks in the order in which they come, and between them the sender's
 * turn. Thread-safe where it takes tasks.
 */
final class ProducerLoop implements Questions {
  private final Clock clock;
  private final Executor helper;
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private volatile boolean stopped;

  /** Whether {@link #run} has returned or failed: no task is run any more. */
  private volatile boolean over;

  private Optional<Watch> watched = Optional.empty();

  private record Watch(BooleanSupplier condition, Runnable then) {}

  /**
   * @param helper runs what may block
   */
  ProducerLoop(Clock clock, Executor helper) {
    this.clock = clock;
    this.helper = helper;
  }

  /**
   * Runs a task on the loop, unless that is over.
   *
   * @return whether it was taken; it is still not run if the loop ends before its turn
   */
  boolean execute(Runnable task) {
    return !over && tasks.add(task);
  }

  /** Makes the loop take a turn. */
  void wake() {
    execute(() -> {});
  }

  @Override
  public <T> void ask(
      Callable<T> question, Consumer<T> onAnswer, Consumer<MillraceException> onFailure) {
    helper.execute(
        () -> {
          try {
            T answer = question.call();
            execute(() -> onAnswer.accept(answer));
          } catch (MillraceException e) {
            execute(() -> onFailure.accept(e));
          } catch (Throwable e) {
            MillraceException failure =
                new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e);
            execute(() -> onFailure.accept(failure));
          }
        });
  }

  /** Calls back once a condition holds; looked at after every round of tasks. Loop only. */
  void watch(BooleanSupplier condition, Runnable then) {
    watched = Optional.of(new Watch(condition, then));
  }

  private void lookAtWatch() {
    if (watched.isPresent() && watched.get().condition().getAsBoolean()) {
      Runnable then = watched.get().then();
      watched = Optional.empty();
      then.run();
    }
  }

  long nowMs() {
    return clock.monotonicMs();
  }

  void stop() {
    stopped = true;
    wake();
  }

  /**
   * Runs until {@link #stop}.
   *
   * @param turn takes the time, does what is due and tells when to be called again at the latest
   */
  void run(LongUnaryOperator turn) throws InterruptedException {
    try {
      while (!stopped) {
        long next = turn.applyAsLong(nowMs());
        runTasks(next);
        lookAtWatch();
      }
    } finally {
      over = true;
      tasks.clear();
    }
  }

  private void runTasks(long nextMs) throws InterruptedException {
    long waitMs = Math.max(0, nextMs - nowMs());
    Runnable task =
        nextMs == Long.MAX_VALUE ? tasks.take() : tasks.poll(waitMs, TimeUnit.MILLISECONDS);
    for (; task != null; task = tasks.poll()) {
      task.run();
    }
  }
}
