package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * A partition that is done at once with the batches of its leader, unless its disk hangs.
 *
 * @param hangs whether it is never done
 * @param told takes what it is told
 */
record Appending(TopicIdPartition id, boolean hangs, List<PartitionEvent> told)
    implements PartitionHost {
  private static IllegalStateException unasked() {
    return new IllegalStateException("nobody asks");
  }

  @Override
  public void post(PartitionEvent event) {
    told.add(event);
    if (event instanceof FollowingEvent.ReplicatedBatches batches && !hangs) {
      ((ReplicatedRecords) batches.batches()).release();
    }
  }

  @Override
  public TopicPartition name() {
    return new TopicPartition("told", id.partition());
  }

  @Override
  public UUID directoryId() {
    throw unasked();
  }

  @Override
  public PartitionView view() {
    throw unasked();
  }

  @Override
  public boolean produce(ProduceCommand command) {
    throw unasked();
  }

  @Override
  public boolean refuse(ProduceCommand command, int baseSequence, MillraceError error) {
    throw unasked();
  }

  @Override
  public void resumePipeline(long pipeline, int nextSequence) {
    throw unasked();
  }

  @Override
  public void closePipeline(long pipeline) {
    throw unasked();
  }

  @Override
  public Registration onAdvance(Runnable listener) {
    throw unasked();
  }

  @Override
  public Registration onAppend(Runnable listener) {
    throw unasked();
  }

  @Override
  public CompletableFuture<Long> deleteRecords(
      long beforeOffset, int leaderEpoch, long deadlineMs) {
    throw unasked();
  }

  @Override
  public void foundCorrupt(long offset) {
    throw unasked();
  }

  @Override
  public boolean isCorrupt(long offset) {
    throw unasked();
  }

  @Override
  public PartitionConfig config() {
    throw unasked();
  }

  @Override
  public void diskFailed(LogDirException cause) {
    throw unasked();
  }
}
