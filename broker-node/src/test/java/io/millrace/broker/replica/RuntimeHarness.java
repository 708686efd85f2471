package io.millrace.broker.replica;

import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.FlushMode;
import io.millrace.common.TimestampType;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.MemoryFileStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** A runtime on a memory disk, driven by hand on the test's thread, as the simulator would. */
final class RuntimeHarness implements PartitionDriver, FlushPort, DiskFailurePort {
  static final TopicPartition NAME = new TopicPartition("orders", 0);
  static final TopicIdPartition ID = new TopicIdPartition(new UUID(1, 2), 0);

  final FaultPlan faults = new FaultPlan();
  final TestClock clock = new TestClock();
  final Deque<FlushTicket> tickets = new ArrayDeque<>();
  final List<LogDirException> diskFailures = new ArrayList<>();
  final Map<ProduceCommand, ProduceOutcome> answers = new LinkedHashMap<>();
  final PartitionLog log;
  final PartitionRuntime runtime;
  private final EffectiveConfig topic = EffectiveConfig.defaults(TopicConfigs.SCHEMA);
  private boolean touched;

  RuntimeHarness(LogConfig config, TimestampType timestamps) {
    Path directory = Path.of("/data/orders-0");
    log =
        PartitionLog.open(
            new LogOpening(
                new FaultyFileStore(new MemoryFileStore(), faults),
                directory,
                ID,
                NAME,
                config,
                clock,
                new MapBudget(10),
                0,
                -1,
                false,
                RecoveryProgress.NONE));
    runtime =
        new PartitionRuntime(
            1,
            NAME,
            log,
            config(config, timestamps),
            new RuntimePorts(
                clock, this, this, this, (message, cause) -> new AssertionFault(message, cause)));
  }

  static final class AssertionFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AssertionFault(String message, Throwable cause) {
      super(message, cause);
    }
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

  void lead() {
    runtime.handle(
        new PartitionEvent.BecomeLeader(new LeaderState(0, 0, List.of(1), Set.of(1), 1)));
    finish();
  }

  ProduceCommand produce(ByteBuffer batch, Acks acks) {
    ProduceCommand command =
        new ProduceCommand(
            batch, acks, -1, 0, clock.monotonicMs() + 500, answers.size(), this::answered);
    runtime.produce(command);
    return command;
  }

  private void answered(ProduceCommand command, ProduceOutcome outcome) {
    if (answers.put(command, outcome) != null) {
      throw new AssertionError("answered twice: " + command);
    }
  }

  void finish() {
    if (touched) {
      touched = false;
      runtime.finishRun();
    }
  }

  /** Runs the oldest ticket. */
  void flushOne() {
    FlushTicket ticket = tickets.remove();
    ticket.run();
    runtime.flushed(ticket);
    finish();
  }

  @Override
  public void touched(PartitionRuntime each) {
    if (touched) {
      throw new AssertionError("touched twice in a run");
    }
    touched = true;
  }

  @Override
  public void tickAt(PartitionRuntime each, long atMs) {}

  @Override
  public void flush(PartitionRuntime each, FlushTicket ticket) {
    tickets.add(ticket);
  }

  @Override
  public void diskFailed(LogDirException cause) {
    diskFailures.add(cause);
  }
}
