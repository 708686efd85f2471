package io.millrace.it.simulation;

import io.millrace.broker.replica.PartitionDriver;
import io.millrace.broker.replica.PartitionRuntime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a shard's thread is: does what waits, then ends the runs of the partitions that it touched.
 * Confined to the simulation's thread.
 */
final class SimulatedShard implements PartitionDriver {
  private static final int MOST_WAIT_MICROS = 300;

  private final ClusterProcess process;
  private final Consumer<PartitionRuntime> ranOn;
  private final Deque<Runnable> queue = new ArrayDeque<>();
  private final List<PartitionRuntime> touched = new ArrayList<>();
  private final List<Runnable> afterRuns = new ArrayList<>();
  private boolean planned;

  /**
   * A shard with nothing to do.
   *
   * @param ranOn told of each partition that was touched, after its run
   */
  SimulatedShard(ClusterProcess process, Consumer<PartitionRuntime> ranOn) {
    this.process = process;
    this.ranOn = ranOn;
  }

  void post(Runnable task) {
    queue.add(task);
    plan();
  }

  private void plan() {
    if (!planned) {
      planned = true;
      process.later(1 + process.random().nextInt(MOST_WAIT_MICROS), this::run);
    }
  }

  private void run() {
    for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
      next.run();
    }
    finish();
    planned = !queue.isEmpty();
    if (planned) {
      process.later(1, this::run);
    }
  }

  /** Ends the runs. */
  void finish() {
    List<PartitionRuntime> now = List.copyOf(touched);
    touched.clear();
    for (PartitionRuntime runtime : now) {
      runtime.finishRun();
      ranOn.accept(runtime);
    }
    List<Runnable> after = List.copyOf(afterRuns);
    afterRuns.clear();
    after.forEach(Runnable::run);
  }

  @Override
  public void afterRuns(Runnable work) {
    afterRuns.add(work);
  }

  @Override
  public void touched(PartitionRuntime runtime) {
    touched.add(runtime);
    plan();
  }

  @Override
  public void tickAt(PartitionRuntime runtime, long atMs) {
    long delayMs = Math.max(0, atMs - process.clock().monotonicMs());
    process.time().schedule(delayMs, () -> post(runtime::tick));
  }
}
