package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.FrameResult;
import io.millrace.it.simulation.Messages.Frame;
import io.millrace.it.simulation.Messages.Produced;
import io.millrace.it.simulation.Messages.Resume;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the producer service is to a partition in production, with a look at every answer. Confined
 * to the simulation's thread.
 */
final class ProduceDoor {
  private static final int THROTTLED_PERCENT = 2;
  private static final long PRODUCE_TIMEOUT_MS = 120;

  private final SimulatedNode node;
  private final World world;
  private final int number;
  private final PartitionLedger ledger;
  private final HostedPartition partition;
  private final PartitionLog log;
  private final PartitionRuntime runtime;

  /** By connection with a frame: whether one failed and no resume came since (S28b). */
  private final Map<Connection, Pipeline> pipelines = new HashMap<>();

  private static final class Pipeline {
    private int resumes;
    private boolean stopped;
  }

  /** A frame, and how its pipeline stood when it came. */
  private record Arrival(Connection from, Frame frame, int resumes, boolean stopped) {}

  ProduceDoor(
      SimulatedNode node,
      int number,
      HostedPartition partition,
      PartitionLog log,
      PartitionRuntime runtime) {
    this.node = node;
    this.partition = partition;
    this.world = node.world();
    this.number = number;
    this.ledger = world.ledger(number);
    this.log = log;
    this.runtime = runtime;
  }

  /** A connection is gone. */
  void forget(Connection connection) {
    pipelines.remove(connection);
    runtime.handle(new PartitionEvent.ClosePipeline(pipeline(connection)));
  }

  private Pipeline pipelineOf(Connection connection) {
    return pipelines.computeIfAbsent(connection, absent -> new Pipeline());
  }

  private long pipeline(Connection connection) {
    return connection.id() * 1_000 + number + 1;
  }

  void resume(Connection from, Resume resume) {
    Pipeline pipeline = pipelineOf(from);
    pipeline.resumes++;
    pipeline.stopped = false;
    runtime.handle(new PartitionEvent.ResumePipeline(pipeline(from), resume.nextSequence()));
  }

  void produce(Connection from, Frame frame) {
    Pipeline pipeline = pipelineOf(from);
    Arrival arrival = new Arrival(from, frame, pipeline.resumes, pipeline.stopped);
    long deadlineMs = node.machine().clock().monotonicMs() + PRODUCE_TIMEOUT_MS;
    ProduceCommand command =
        new ProduceCommand(
            frame.batch().encode(frame.sequence()),
            frame.acks(),
            PartitionEvent.ANY_EPOCH,
            world.plants().pipeline(pipeline(from)),
            deadlineMs,
            0,
            (asked, outcome) -> answer(arrival, outcome));
    Optional<ErrorCode> refusal = refusalOf(frame);
    if (refusal.isPresent()) {
      runtime.handle(
          new PartitionEvent.RefuseFrame(
              command,
              command.pipeline(),
              frame.sequence().baseSequence(),
              new MillraceError(refusal.get(), "refused before it came to the partition")));
    } else {
      world.plants().produce(runtime, log, command);
    }
  }

  private Optional<ErrorCode> refusalOf(Frame frame) {
    if (frame.batch().isTooLarge()) {
      return Optional.of(ErrorCode.BATCH_TOO_LARGE);
    }
    return world.isHealed() || node.random().nextInt(100) >= THROTTLED_PERCENT
        ? Optional.empty()
        : Optional.of(ErrorCode.THROTTLED);
  }

  private void answer(Arrival arrival, ProduceOutcome outcome) {
    Connection from = arrival.from();
    Frame frame = arrival.frame();
    world.trace().add("t%d: %s on %s: %s", number, frame, from, outcome);
    if (outcome instanceof ProduceOutcome.Failed failed) {
      partition.refused(failed.error().code());
      Pipeline pipeline = pipelineOf(from);
      pipeline.stopped |= pipeline.resumes == arrival.resumes();
      from.sendToClient(new Produced(frame, new FrameResult.Refused(failed.error())));
      return;
    }
    ProduceOutcome.Acknowledged ok =
        world.plants().acknowledged((ProduceOutcome.Acknowledged) outcome);
    require(
        !arrival.stopped(),
        "%s went through although an earlier frame failed and nobody resumed",
        frame);
    requireAcknowledged(frame, ok.lastOffset());
    if (frame.acks() != Acks.NONE) {
      from.sendToClient(
          new Produced(
              frame,
              new FrameResult.Appended(
                  ok.baseOffset(), ok.lastOffset(), ok.logAppendTimeMs(), ok.duplicate())));
    }
  }

  /** S07, S08: only when it has reached its acks. */
  private void requireAcknowledged(Frame frame, long lastOffset) {
    long reached =
        switch (frame.acks()) {
          case NONE -> Long.MAX_VALUE;
          case LEADER -> ledger.isCommit() ? log.durableOffset() : log.logEndOffset();
          case ALL -> runtime.view().highWatermark();
        };
    require(
        lastOffset < reached,
        "%s is acknowledged up to %d where only %d is reached",
        frame,
        lastOffset,
        reached);
    if (frame.acks() == Acks.ALL && runtime.view().latestOffsetKnown()) {
      ledger.toldHighWatermark(runtime.view().highWatermark());
    }
  }
}
