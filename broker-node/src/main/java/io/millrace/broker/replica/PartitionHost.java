package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A partition on this broker as requests meet it. Thread-safe; nothing here blocks. */
public interface PartitionHost {
  /** The partition by its topic's id. */
  TopicIdPartition id();

  /** The partition by its topic's name. */
  TopicPartition name();

  /** The log directory that it lies in. */
  UUID directoryId();

  /** The partition at this moment; a field read. */
  PartitionView view();

  /**
   * Asks for a batch to be appended.
   *
   * @return false if too much waits already: nothing was taken, the callback is not called, answer
   *     THROTTLED; frames of a pipeline must then not go on without it
   */
  boolean produce(ProduceCommand command);

  /**
   * Puts a frame that was found bad into its place in its pipeline: it is answered with the error
   * (or with PREVIOUS_FRAME_FAILED), and the pipeline stops (S28b).
   *
   * @param command the frame; its batch is not looked at
   * @param baseSequence the frame's base sequence if that could be read, else -1
   * @param error what was found
   * @return false as {@link #produce}
   */
  boolean refuse(ProduceCommand command, int baseSequence, MillraceError error);

  /**
   * Lets a stopped pipeline go on, with the frame of that base sequence as the next.
   *
   * @param pipeline as in {@link ProduceCommand#pipeline}
   * @param nextSequence the next frame's base sequence, -1 without a producer id
   */
  void resumePipeline(long pipeline, int nextSequence);

  /** Forgets a pipeline that ended. Must be called for each that had a frame here. */
  void closePipeline(long pipeline);

  /**
   * Calls back on the partition's shard after each change of high watermark, log start, leader
   * epoch, role or {@link PartitionView#standing}. Register first, then look at {@link #view}: else
   * a change may fall between.
   *
   * @param listener must be cheap and must not block or throw
   */
  Registration onAdvance(Runnable listener);

  /**
   * Calls back as {@link #onAdvance}, and also when records were appended that only replicas may
   * see.
   */
  Registration onAppend(Runnable listener);

  /** Tells the partition what concerns its other replicas; never refused. */
  void post(PartitionEvent event);

  /**
   * Deletes the records before an offset (S33).
   *
   * @param beforeOffset the first offset to keep, or -1 for the high watermark
   * @param leaderEpoch the epoch the client believes in, or -1 not to check it
   * @param deadlineMs when to give up waiting for the other replicas, on the monotonic clock
   * @return the first offset that any replica in sync or alive still has; fails with {@link
   *     io.millrace.common.MillraceException}. Completed on the shard: what hangs on it must not
   *     block
   */
  CompletableFuture<Long> deleteRecords(long beforeOffset, int leaderEpoch, long deadlineMs);

  /**
   * A reader met a corrupt batch (S25); the partition does about it what it can.
   *
   * @param offset where the batch begins
   */
  void foundCorrupt(long offset);

  /** Whether a batch of that offset was found corrupt and is still there. */
  boolean isCorrupt(long offset);

  /** The settings in force. */
  PartitionConfig config();

  /**
   * The disk failed under a reader: takes the whole log directory offline (S34).
   *
   * @param cause what the reader met
   */
  void diskFailed(LogDirException cause);
}
