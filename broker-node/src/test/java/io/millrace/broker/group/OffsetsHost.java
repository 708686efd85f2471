package io.millrace.broker.group;

import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.broker.replica.core.Role;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A partition of the offsets topic with a log in memory. What is produced is in the log at once,
 * and committed when the test says so. Thread-safe.
 */
public final class OffsetsHost implements PartitionHost {
  /** The topic's id. */
  public static final UUID TOPIC = new UUID(7, 7);

  private final TopicIdPartition id;
  private final MemoryFileStore disk = new MemoryFileStore();
  private final PartitionLog log;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** In the log and not answered, in order. */
  private final List<Produced> waiting = new ArrayList<>();

  private record Produced(ProduceCommand command, long baseOffset, long lastOffset) {}

  private int epoch = -1;
  private boolean leads;
  private long highWatermark;
  private @Nullable MillraceError refuses;
  private boolean commitsAtOnce;
  private @Nullable PartitionView outdated;
  private int batches;

  /** Of an empty log; nobody leads. */
  public OffsetsHost(int partition) {
    id = new TopicIdPartition(TOPIC, partition);
    Path path = Path.of("/data/" + name());
    try {
      disk.createDirectories(path.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    log =
        PartitionLog.open(
            new LogOpening(
                disk,
                path,
                id,
                name(),
                LogConfig.DEFAULT,
                new SystemClock(),
                new MapBudget(10),
                0,
                false,
                RecoveryProgress.NONE));
  }

  /** This broker leads in an epoch from here on; what is in the log is not committed by that. */
  public void lead(int newEpoch) {
    synchronized (this) {
      startEpoch(newEpoch);
      leads = true;
    }
    tell();
  }

  private void startEpoch(int newEpoch) {
    EpochStart start = log.prepareEpoch(newEpoch);
    start.run();
    log.epochStarted(start);
    epoch = newEpoch;
  }

  /** All that is in the log is cut off; until {@link #showNewest} readers are shown it yet. */
  synchronized void showOutdated() {
    outdated = view();
    log.truncateFullyAndStartAt(0);
    startEpoch(epoch);
    highWatermark = 0;
  }

  /** Readers are shown what is in the log. */
  synchronized void showNewest() {
    outdated = null;
  }

  /** Another broker leads from here on. */
  void follow() {
    List<Produced> lost;
    synchronized (this) {
      leads = false;
      lost = List.copyOf(waiting);
      waiting.clear();
    }
    lost.forEach(each -> fail(each, new MillraceError(ErrorCode.NOT_LEADER, "not any more")));
    tell();
  }

  /** What is produced from now on is committed at once. */
  public synchronized void commitAtOnce() {
    commitsAtOnce = true;
  }

  /** What is produced from now on is refused. */
  synchronized void refuse(ErrorCode code) {
    refuses = new MillraceError(code, "as the test says");
  }

  /** All that is in the log is committed. */
  void commit() {
    List<Produced> done;
    synchronized (this) {
      highWatermark = log.logEndOffset();
      done = List.copyOf(waiting);
      waiting.clear();
    }
    done.forEach(OffsetsHost::acknowledge);
    tell();
  }

  /** What waits is in the log but did not get its acks. */
  void giveUpWaiting() {
    List<Produced> all;
    synchronized (this) {
      all = List.copyOf(waiting);
      waiting.clear();
    }
    all.forEach(
        each -> fail(each, new MillraceError(ErrorCode.REQUEST_TIMED_OUT, "as the test says")));
  }

  /** Writes a record by another hand, committed. */
  void write(byte[] key, byte[] value) {
    ByteBuffer batch =
        new RecordBatchBuilder(Compression.NONE).appendArrays(1, key, value, List.of()).build();
    synchronized (this) {
      append(batch);
      highWatermark = log.logEndOffset();
    }
  }

  /** How many batches were produced and are not answered. */
  synchronized int waiting() {
    return waiting.size();
  }

  /** How many batches were produced in all. */
  synchronized int batches() {
    return batches;
  }

  private static void acknowledge(Produced each) {
    each.command()
        .callback()
        .answered(
            each.command(),
            new ProduceOutcome.Acknowledged(each.baseOffset(), each.lastOffset(), -1, 0, false));
  }

  private static void fail(Produced each, MillraceError why) {
    each.command()
        .callback()
        .answered(
            each.command(), new ProduceOutcome.Failed(why, each.baseOffset(), each.lastOffset()));
  }

  private void tell() {
    listeners.forEach(Runnable::run);
  }

  private Produced append(ByteBuffer batch) {
    long base = log.logEndOffset();
    RecordBatch.stamp(batch, batch.position(), base, epoch);
    log.append(batch);
    return new Produced(NOBODY, base, log.logEndOffset() - 1);
  }

  private static final ProduceCommand NOBODY =
      new ProduceCommand(
          ByteBuffer.allocate(0), io.millrace.common.Acks.ALL, 0, 0, 0, 0, (done, outcome) -> {});

  @Override
  public boolean produce(ProduceCommand command) {
    boolean atOnce;
    synchronized (this) {
      batches++;
      if (!leads || command.leaderEpoch() != epoch || refuses != null) {
        MillraceError why =
            refuses != null ? refuses : new MillraceError(ErrorCode.NOT_LEADER, "not here");
        command.callback().answered(command, new ProduceOutcome.Failed(why));
        return true;
      }
      Produced written = append(command.batch());
      waiting.add(new Produced(command, written.baseOffset(), written.lastOffset()));
      atOnce = commitsAtOnce;
    }
    if (atOnce) {
      commit();
    }
    return true;
  }

  @Override
  public TopicIdPartition id() {
    return id;
  }

  @Override
  public TopicPartition name() {
    return new TopicPartition(OffsetsTopic.NAME, id.partition());
  }

  @Override
  public UUID directoryId() {
    return new UUID(1, 1);
  }

  @Override
  public synchronized PartitionView view() {
    if (outdated != null) {
      return outdated;
    }
    return new PartitionView(
        leads ? Role.LEADER : Role.FOLLOWER,
        new MillraceError(ErrorCode.NOT_LEADER, "as the test says"),
        epoch,
        0,
        highWatermark,
        log.snapshot());
  }

  @Override
  public Registration onAdvance(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public PartitionConfig config() {
    return PartitionConfig.of(EffectiveConfig.defaults(TopicConfigs.SCHEMA), LogConfig.DEFAULT);
  }

  @Override
  public Registration onAppend(Runnable listener) {
    return onAdvance(listener);
  }

  @Override
  public boolean refuse(ProduceCommand command, int baseSequence, MillraceError error) {
    throw new IllegalStateException("coordinators have no pipelines");
  }

  @Override
  public void resumePipeline(long pipeline, int nextSequence) {}

  @Override
  public void closePipeline(long pipeline) {}

  @Override
  public void post(PartitionEvent event) {}

  @Override
  public CompletableFuture<Long> deleteRecords(
      long beforeOffset, int leaderEpoch, long deadlineMs) {
    throw new IllegalStateException("coordinators delete nothing");
  }

  @Override
  public void foundCorrupt(long offset) {}

  @Override
  public boolean isCorrupt(long offset) {
    return false;
  }

  @Override
  public void diskFailed(LogDirException cause) {}
}
