package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;

/**
 * The one channel by which a log directory goes offline (S34). Thread-safe; repeats are heard once.
 */
@FunctionalInterface
public interface DiskFailurePort {
  /**
   * The disk failed under a partition. Every partition of the same log directory hears {@link
   * PartitionRuntime#logDirFailed} soon, on its own thread.
   *
   * @param cause what failed; never tried again
   */
  void diskFailed(LogDirException cause);
}
