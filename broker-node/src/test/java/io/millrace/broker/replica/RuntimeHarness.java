package io.millrace.broker.replica;

import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.Acks;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import io.millrace.common.TimestampType;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A runtime on a memory disk, driven by hand on the test's thread, as the simulator would. */
final class RuntimeHarness
    implements PartitionDriver, LogTaskPort, DiskFailurePort, ReplicationPort {
  static final TopicPartition NAME = new TopicPartition("orders", 0);
  static final TopicIdPartition ID = new TopicIdPartition(new UUID(1, 2), 0);

  final FaultPlan faults = new FaultPlan();
  final TestClock clock = new TestClock();
  final Deque<LogTask> tasks = new ArrayDeque<>();
  final List<LogDirException> diskFailures = new ArrayList<>();
  final Map<ProduceCommand, ProduceOutcome> answers = new LinkedHashMap<>();
  final PartitionLog log;
  final PartitionRuntime runtime;

  /** What was said to other brokers. */
  final List<Object> told = new ArrayList<>();

  final List<MillraceError> refused = new ArrayList<>();

  /** Whether nothing is noted of the partition that a cut would have to wait for. */
  boolean nothingNoted = true;

  final List<Long> lowerings = new ArrayList<>();
  private final PriorityQueue<Long> timers = new PriorityQueue<>();
  private final EffectiveConfig topic = EffectiveConfig.defaults(TopicConfigs.SCHEMA);
  private final MemoryFileStore disk;

  /** The flush thread has the log. */
  boolean runsTask;

  private boolean touched;

  /** As if the partition had been open before. */
  static final long ATTEMPTS_FROM = 1L << 32;

  @Override
  public long attemptsFrom() {
    return ATTEMPTS_FROM;
  }

  RuntimeHarness(LogConfig config, TimestampType timestamps) {
    this(emptyDisk(), config, timestamps);
  }

  private static MemoryFileStore emptyDisk() {
    MemoryFileStore disk = new MemoryFileStore();
    try {
      disk.createDirectories(Path.of("/data"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    disk.forceAll();
    return disk;
  }

  private RuntimeHarness(MemoryFileStore disk, LogConfig config, TimestampType timestamps) {
    this.disk = disk;
    Path directory = Path.of("/data/orders-0");
    log =
        PartitionLog.open(
            new LogOpening(
                new FaultyFileStore(disk, faults),
                directory,
                ID,
                NAME,
                config,
                clock,
                new MapBudget(10),
                0,
                false,
                RecoveryProgress.NONE));
    runtime =
        new PartitionRuntime(
            new LocalReplica(1, NAME, 0, 30_000),
            log,
            config(config, timestamps),
            new RuntimePorts(
                clock,
                this,
                this,
                this,
                (message, cause) -> new AssertionFault(message, cause),
                this,
                (runtime, offset) -> {
                  lowerings.add(offset);
                  return nothingNoted;
                }));
  }

  static final class AssertionFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AssertionFault(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Has asked broker 2 for its batches as of this leader epoch. */
  static RuntimeHarness following(FlushMode mode, int leaderEpoch) {
    RuntimeHarness harness =
        new RuntimeHarness(
            LogConfig.DEFAULT.toBuilder().flushMode(mode).build(), TimestampType.CREATE_TIME);
    harness.follow(leaderEpoch);
    return harness;
  }

  void follow(int leaderEpoch) {
    handle(new PartitionEvent.BecomeFollower(2, leaderEpoch, leaderEpoch));
  }

  /** Everything in a run of its own. */
  void handle(PartitionEvent event) {
    runtime.handle(event);
    finish();
  }

  /** The last attempt to subscribe. */
  FollowingEffect.Subscribe asked() {
    return last(FollowingEffect.Subscribe.class);
  }

  /** The leader accepts the last attempt. */
  RuntimeHarness accepted() {
    handle(new FollowingEvent.Subscribed(asked().attempt(), 0, 0));
    return this;
  }

  <T> T last(Class<T> kind) {
    List<T> all = all(kind);
    return all.get(all.size() - 1);
  }

  <T> List<T> all(Class<T> kind) {
    return told.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  static RuntimeHarness leading(FlushMode mode) {
    RuntimeHarness harness =
        new RuntimeHarness(
            LogConfig.DEFAULT.toBuilder().flushMode(mode).build(), TimestampType.CREATE_TIME);
    harness.lead();
    return harness;
  }

  PartitionConfig config(LogConfig log, TimestampType timestamps) {
    return new PartitionConfig(topic, log, timestamps, true);
  }

  /** The same partition on what a loss of power leaves of the disk. */
  RuntimeHarness afterPowerLoss() {
    return new RuntimeHarness(disk.crashClone(1), log.config(), TimestampType.CREATE_TIME);
  }

  /** Flips a bit of the first segment on the disk. */
  void flip(long position) {
    Path file = Path.of("/data/orders-0/00000000000000000000.log");
    try (FileStore.StoredFile log = disk.open(file, FileStore.OpenMode.READ_WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      log.read(one, position);
      one.flip();
      one.put(0, (byte) (one.get(0) ^ 4));
      log.write(one, position);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a loss of power leaves of the disk now. */
  MemoryFileStore crashed(long seed) {
    return disk.crashClone(seed);
  }

  /** What the death of the process leaves of the disk now. */
  MemoryFileStore killed() {
    return disk.killClone();
  }

  /** The same partition on a disk, under other settings perhaps. */
  static RuntimeHarness on(MemoryFileStore disk, FlushMode mode) {
    return new RuntimeHarness(
        disk, LogConfig.DEFAULT.toBuilder().flushMode(mode).build(), TimestampType.CREATE_TIME);
  }

  void reconfigure(FlushMode mode) {
    runtime.reconfigure(
        config(log.config().toBuilder().flushMode(mode).build(), TimestampType.CREATE_TIME));
    finish();
  }

  void lead() {
    becomeLeader(0);
    startEpoch(0);
  }

  @Override
  public void answer(FollowerRef ref, SubscribeAnswer answer) {
    told.add(new LeadingEffect.AnswerSubscribe(ref, answer));
  }

  @Override
  public void endSubscription(FollowerRef ref, MillraceError why) {
    told.add(new LeadingEffect.EndSubscription(ref, why));
  }

  @Override
  public void propose(LeadingEffect.ProposeIsr proposal) {
    told.add(proposal);
  }

  @Override
  public void subscribe(FollowingEffect.Subscribe subscribe) {
    told.add(subscribe);
  }

  @Override
  public void unsubscribe(long attempt) {
    told.add(new FollowingEffect.Unsubscribe(attempt));
  }

  void deleteRecords(long before, CompletableFuture<Long> result) {
    runtime.deleteRecords(before, -1, clock.monotonicMs() + 500, result);
  }

  @Override
  public void acknowledge(FollowingEffect.Acknowledge position, Executor atEnd) {
    told.add(position);
  }

  @Override
  public void refused(MillraceError why) {
    refused.add(why);
  }

  void becomeLeader(int epoch) {
    runtime.handle(
        new PartitionEvent.BecomeLeader(new LeaderState(epoch, epoch, List.of(1), Set.of(1), 1)));
    finish();
  }

  ProduceCommand produce(ByteBuffer batch, Acks acks) {
    ProduceCommand command =
        new ProduceCommand(
            batch, acks, -1, 0, clock.monotonicMs() + 500, answers.size(), this::answered);
    runtime.produce(command);
    return command;
  }

  /** A batch of an idempotent producer on a pipeline of its own number. */
  ProduceCommand produce(long producerId, int sequence, String value) {
    ProduceCommand command =
        new ProduceCommand(
            Batches.sequenced(producerId, sequence, value),
            Acks.ALL,
            -1,
            producerId,
            clock.monotonicMs() + 500,
            answers.size(),
            this::answered);
    runtime.produce(command);
    return command;
  }

  void answered(ProduceCommand command, ProduceOutcome outcome) {
    if (answers.put(command, outcome) != null) {
      throw new AssertionError("answered twice: " + command);
    }
  }

  /** Lets time pass, and the timers that were set run out. */
  void pass(long ms) {
    clock.advance(ms);
    while (!timers.isEmpty() && timers.peek() <= clock.monotonicMs()) {
      timers.remove();
      runtime.tick();
    }
    finish();
  }

  void finish() {
    if (touched) {
      touched = false;
      runtime.finishRun();
    }
  }

  /** Runs the oldest task. */
  void runTask() {
    handBack(runOnly());
  }

  /** Runs the oldest task, which is not handed back yet. */
  LogTask runOnly() {
    LogTask task = tasks.remove();
    runsTask = true;
    task.run();
    runsTask = false;
    return task;
  }

  void handBack(LogTask task) {
    runtime.done(task);
    finish();
  }

  /** Runs all tasks. */
  void runTasks() {
    while (!tasks.isEmpty()) {
      runTask();
    }
  }

  /** Has the epoch written down, as a first batch would. */
  private void startEpoch(int epoch) {
    EpochStart start = log.prepareEpoch(epoch);
    start.run();
    log.epochStarted(start);
  }

  @Override
  public void touched(PartitionRuntime each) {
    if (touched) {
      throw new AssertionError("touched twice in a run");
    }
    touched = true;
  }

  @Override
  public void tickAt(PartitionRuntime each, long atMs) {
    timers.add(atMs);
  }

  @Override
  public void run(PartitionRuntime each, LogTask task) {
    tasks.add(task);
  }

  @Override
  public void diskFailed(LogDirException cause) {
    diskFailures.add(cause);
  }
}
