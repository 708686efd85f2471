package io.millrace.broker.replica;

/**
 * What a partition asks of the thread that drives it: a {@link Shard}, or the simulator. Called on
 * that thread only.
 */
public interface PartitionDriver {
  /**
   * The partition has work to finish: call {@link PartitionRuntime#finishRun} once, after what is
   * at hand. Called once between two of those.
   */
  void touched(PartitionRuntime runtime);

  /**
   * Does something on this thread once all partitions at hand have finished their runs, so that
   * what several of them have for one receiver goes together. It must not block or throw: what it
   * throws is a broken invariant, as of any other part of a run.
   */
  default void afterRuns(Runnable work) {
    work.run();
  }

  /**
   * Call {@link PartitionRuntime#tick} at that time or soon after.
   *
   * @param atMs on the monotonic clock
   */
  void tickAt(PartitionRuntime runtime, long atMs);

  /**
   * Someone who was answered, or told of an advance, threw. That is a fault of theirs, not of the
   * partition, which has done its part and goes on if this returns.
   */
  default void callbackThrew(PartitionRuntime runtime, RuntimeException thrown) {
    throw thrown;
  }
}
