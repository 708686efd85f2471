package io.millrace.broker.replica;

/**
 * What the log directory has noted on disk of a partition: how far its log was durable, and its
 * high watermark. Called on the partition's own thread.
 */
@FunctionalInterface
public interface CheckpointPort {
  /** Nothing is noted, or what is noted follows by itself. */
  CheckpointPort NONE = (runtime, offset) -> true;

  /**
   * The log is about to be cut at an offset: nothing noted may lie above it before that, or the
   * next opening would take the cut for a loss, and what came after it for committed.
   *
   * @return true if nothing does; else that is being seen to, and {@link PartitionRuntime#lowered}
   *     is called on the partition's own thread
   */
  boolean lower(PartitionRuntime runtime, long offset);
}
