package io.millrace.broker.replica;

import io.millrace.broker.log.FlushTicket;

/** Makes logs durable: the flush thread of a log directory, or the simulator. */
@FunctionalInterface
public interface FlushPort {
  /**
   * Runs the ticket elsewhere; if that ends well, calls {@link PartitionRuntime#flushed} with it on
   * the partition's own thread. If it fails the log directory is done for: the ticket is not run
   * again, and every partition there hears {@link PartitionRuntime#logDirFailed}. A partition has
   * at most one ticket under way.
   */
  void flush(PartitionRuntime runtime, FlushTicket ticket);
}
