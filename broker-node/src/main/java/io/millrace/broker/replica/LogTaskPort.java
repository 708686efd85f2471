package io.millrace.broker.replica;

import io.millrace.broker.log.LogTask;

/** Does what waits for the disk: the flush thread of a log directory, or the simulator. */
@FunctionalInterface
public interface LogTaskPort {
  /**
   * Runs the task elsewhere; if that ends well, calls {@link PartitionRuntime#done} with it on the
   * partition's own thread. If it fails the log directory is done for: no task there is run again,
   * and every partition there hears {@link PartitionRuntime#logDirFailed}. A partition has at most
   * two tasks under way, of which one is a flush; they may run in any order.
   */
  void run(PartitionRuntime runtime, LogTask task);
}
