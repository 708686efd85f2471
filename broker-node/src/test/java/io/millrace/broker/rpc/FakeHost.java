package io.millrace.broker.rpc;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/** A partition that keeps what it is asked, to be answered by the test. */
class FakeHost implements PartitionHost {
  private static final PartitionConfig CONFIG =
      PartitionConfig.of(EffectiveConfig.defaults(TopicConfigs.SCHEMA), LogConfig.DEFAULT);

  /** Batches that were taken and are not answered. */
  final List<ProduceCommand> taken = new ArrayList<>();

  /** What was asked about pipelines, in order. */
  final List<String> pipelines = new ArrayList<>();

  /** What it was told, in order. */
  final List<PartitionEvent> posted = new CopyOnWriteArrayList<>();

  /** The log directory that it lies in. */
  UUID directory = new UUID(1, 1);

  private final TopicIdPartition id;

  FakeHost(TopicIdPartition id) {
    this.id = id;
  }

  /** Answers everything. */
  void acknowledge() {
    acknowledge(Runnable::run);
  }

  /** Answers everything in a run that ends when the test says so. */
  void acknowledge(Executor atEnd) {
    List<ProduceCommand> all = List.copyOf(taken);
    taken.clear();
    ProduceOutcome done = new ProduceOutcome.Acknowledged(0, 0, -1, 0, false);
    all.forEach(each -> each.callback().answered(each, done, atEnd));
  }

  @Override
  public TopicIdPartition id() {
    return id;
  }

  @Override
  public UUID directoryId() {
    return directory;
  }

  @Override
  public TopicPartition name() {
    return new TopicPartition("fake", id.partition());
  }

  @Override
  public PartitionView view() {
    throw new IllegalStateException("nobody reads here");
  }

  @Override
  public boolean produce(ProduceCommand command) {
    pipelines.add("frame");
    return taken.add(command);
  }

  @Override
  public boolean refuse(ProduceCommand command, int baseSequence, MillraceError error) {
    pipelines.add("refuse " + error.code());
    return taken.add(command);
  }

  @Override
  public void resumePipeline(long pipeline, int nextSequence) {
    pipelines.add("resume " + nextSequence);
  }

  @Override
  public void closePipeline(long pipeline) {
    pipelines.add("close");
  }

  @Override
  public Registration onAdvance(Runnable listener) {
    return () -> {};
  }

  @Override
  public Registration onAppend(Runnable listener) {
    return () -> {};
  }

  @Override
  public void post(PartitionEvent event) {
    posted.add(event);
  }

  @Override
  public CompletableFuture<Long> deleteRecords(
      long beforeOffset, int leaderEpoch, long deadlineMs) {
    return CompletableFuture.completedFuture(0L);
  }

  @Override
  public PartitionConfig config() {
    return CONFIG;
  }

  @Override
  public void foundCorrupt(long offset) {
    posted.add(new PartitionEvent.LogDamaged(offset));
  }

  @Override
  public boolean isCorrupt(long offset) {
    return false;
  }

  @Override
  public void diskFailed(LogDirException cause) {}
}
