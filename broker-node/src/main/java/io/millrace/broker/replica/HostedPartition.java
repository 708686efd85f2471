package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.replica.core.BatchFacts;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.function.Function;

/** A partition whose runtime lives on a shard: hands everything over. Thread-safe. */
final class HostedPartition implements PartitionHost {
  private final TopicIdPartition id;
  private final PartitionRuntime runtime;
  private final Shard shard;
  private final LogDirectory directory;
  private final boolean inDoubt;
  private final NotedOffsets noted;
  private volatile PartitionConfig config;

  /** Where batches begin that were found corrupt; some may have been deleted since. */
  private final NavigableSet<Long> corrupt = new ConcurrentSkipListSet<>();

  /**
   * Makes it.
   *
   * @param inDoubt whether a loss of the page cache may have cost it what it had acknowledged
   */
  HostedPartition(
      TopicIdPartition id,
      LogDirectory directory,
      PartitionRuntime runtime,
      Shard shard,
      NotedOffsets noted,
      PartitionConfig config,
      boolean inDoubt) {
    this.id = id;
    this.runtime = runtime;
    this.shard = shard;
    this.directory = directory;
    this.noted = noted;
    this.config = config;
    this.inDoubt = inDoubt;
  }

  /** A batch on its way to the shard. */
  private record ProduceTask(PartitionRuntime runtime, ProduceCommand command, BatchFacts facts)
      implements ShardTask {
    @Override
    public void run() {
      runtime.produce(command, facts);
    }

    @Override
    public long bytes() {
      return command.batch().remaining();
    }
  }

  /** Batches of the leader on their way to the shard; their credits bound them. */
  private record ReplicateTask(
      PartitionRuntime runtime, FollowingEvent.ReplicatedBatches event, long bytes)
      implements ShardTask {
    @Override
    public void run() {
      runtime.handle(event);
    }

    @Override
    public void dropped() {
      ((ReplicatedRecords) event.batches()).release();
    }
  }

  @Override
  public TopicIdPartition id() {
    return id;
  }

  @Override
  public TopicPartition name() {
    return runtime.name();
  }

  @Override
  public UUID directoryId() {
    return directory.id();
  }

  @Override
  public PartitionView view() {
    return runtime.view();
  }

  @Override
  public PartitionConfig config() {
    return config;
  }

  @Override
  public boolean produce(ProduceCommand command) {
    return shard.offer(
        new ProduceTask(runtime, command, PartitionRuntime.factsOf(command.batch())));
  }

  @Override
  public boolean refuse(ProduceCommand command, int baseSequence, MillraceError error) {
    PartitionEvent.RefuseFrame event =
        new PartitionEvent.RefuseFrame(command, command.pipeline(), baseSequence, error);
    return shard.offer(() -> runtime.handle(event));
  }

  @Override
  public void resumePipeline(long pipeline, int nextSequence) {
    post(new PartitionEvent.ResumePipeline(pipeline, nextSequence));
  }

  @Override
  public void closePipeline(long pipeline) {
    post(new PartitionEvent.ClosePipeline(pipeline));
  }

  @Override
  public Registration onAdvance(Runnable listener) {
    return runtime.listeners().add(listener);
  }

  @Override
  public Registration onAppend(Runnable listener) {
    return runtime.appendListeners().add(listener);
  }

  @Override
  public CompletableFuture<Long> deleteRecords(
      long beforeOffset, int leaderEpoch, long deadlineMs) {
    CompletableFuture<Long> result = new CompletableFuture<>();
    if (!shard.offer(() -> runtime.deleteRecords(beforeOffset, leaderEpoch, deadlineMs, result))) {
      result.completeExceptionally(
          new MillraceException(ErrorCode.THROTTLED, "too many requests wait for " + name()));
    }
    return result;
  }

  @Override
  public void diskFailed(LogDirException cause) {
    directory.diskFailed(cause);
  }

  @Override
  public void foundCorrupt(long offset) {
    corrupt.headSet(view().logStartOffset()).clear();
    if (corrupt.add(offset)) {
      shard.post(
          () -> {
            if (!runtime.foundCorrupt(offset)) {
              corrupt.remove(offset);
            }
          });
    }
  }

  @Override
  public boolean isCorrupt(long offset) {
    PartitionView view = view();
    return corrupt.contains(offset)
        && view.logStartOffset() <= offset
        && offset < view.logEndOffset();
  }

  /** Where the first batch begins that was found corrupt and is still there. */
  OptionalLong firstCorrupt() {
    return corrupt.stream().mapToLong(Long::longValue).filter(this::isCorrupt).findFirst();
  }

  /** The log was cut at an offset, and nothing is to be noted above it for that reason. */
  void cut(long offset) {
    noted.lift();
    corrupt.tailSet(offset).clear();
  }

  /** From where a recovery would have to check, to be noted now. */
  long noteRecoveryPoint() {
    return noted.recoveryPoint().note(runtime::recoveryPoint);
  }

  /** The high watermark, to be noted now. */
  long noteHighWatermark() {
    return noted.highWatermark().note(() -> runtime.view().highWatermark());
  }

  void reconfigure(PartitionConfig changed) {
    config = changed;
    shard.post(() -> runtime.reconfigure(changed));
  }

  @Override
  public void post(PartitionEvent event) {
    if (event instanceof FollowingEvent.ReplicatedBatches batches) {
      int bytes = ((ReplicatedRecords) batches.batches()).bytes();
      shard.post(new ReplicateTask(runtime, batches, bytes));
    } else {
      shard.post(() -> runtime.handle(event));
    }
  }

  /** Whether a loss of the page cache before this process may have cost what was acknowledged. */
  boolean inDoubt() {
    return inDoubt;
  }

  /** What the checkpoints say of it. */
  NotedOffsets noted() {
    return noted;
  }

  /** No checkpoint says more of it than where its log is about to be cut. */
  void lowered(long offset) {
    shard.post(
        () -> {
          runtime.lowered();
          // Once the run has ended the partition itself says no more than that.
          shard.post(() -> cut(offset));
        });
  }

  /** The log directory that holds it. */
  LogDirectory directory() {
    return directory;
  }

  /** Does something with the runtime on its shard. */
  void onShard(Consumer<PartitionRuntime> work) {
    shard.post(() -> work.accept(runtime));
  }

  /** Does something with the runtime on its shard and tells what came of it. */
  <T> CompletableFuture<T> askOnShard(Function<PartitionRuntime, T> work) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    shard.post(() -> answer.complete(work.apply(runtime)));
    return answer;
  }

  /** Begins something with the runtime on its shard and tells what came of it in the end. */
  <T> CompletableFuture<T> startOnShard(Function<PartitionRuntime, CompletableFuture<T>> work) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    shard.post(
        () -> {
          CompletableFuture<?> unused = work.apply(runtime).thenAccept(answer::complete);
        });
    return answer;
  }

  @Override
  public String toString() {
    return name().toString();
  }
}
