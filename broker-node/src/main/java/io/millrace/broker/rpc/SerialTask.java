package io.millrace.broker.rpc;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs a task on an executor whenever someone calls, never twice at a time; calls during a run lead
 * to one more run. Everything that one run wrote, the next one sees. Thread-safe.
 */
final class SerialTask {
  private enum State {
    IDLE,
    RUNNING,
    RUNNING_AND_CALLED
  }

  private final Executor executor;
  private final Runnable task;
  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);

  /**
   * Makes a task that nobody has called yet.
   *
   * @param task what it throws is the executor's to deal with; later calls run it again
   */
  SerialTask(Executor executor, Runnable task) {
    this.executor = executor;
    this.task = task;
  }

  /** Asks for a run that begins after this call. */
  void call() {
    State before =
        state.getAndUpdate(s -> s == State.IDLE ? State.RUNNING : State.RUNNING_AND_CALLED);
    if (before == State.IDLE) {
      executor.execute(this::run);
    }
  }

  private void run() {
    state.set(State.RUNNING);
    try {
      task.run();
    } finally {
      if (!state.compareAndSet(State.RUNNING, State.IDLE)) {
        executor.execute(this::run);
      }
    }
  }
}
