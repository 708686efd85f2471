package io.millrace.it.simulation;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RetentionInput;
import io.millrace.broker.log.SequenceCheck;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.file.FileStore;
import io.millrace.common.producer.FrameResult;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.it.simulation.Messages.Frame;
import io.millrace.it.simulation.Messages.Produced;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The places at which a {@link PlantedBug} gets in: all of them between the broker and the
 * simulated world, none in the broker. Without a bug everything passes through as it is. Confined
 * to the simulation's thread.
 */
final class Plants {
  private final Optional<PlantedBug> bug;
  private Optional<ProduceCommand> heldBack = Optional.empty();
  private Optional<ProduceOutcome.Acknowledged> before = Optional.empty();
  private final Map<PartitionRuntime, PartitionLog> logs = new HashMap<>();
  private Optional<PlantedFileStore> door = Optional.empty();
  private long pipelines = 1L << 60;

  Plants(Optional<PlantedBug> bug) {
    this.bug = bug;
  }

  boolean has(PlantedBug wanted) {
    return bug.isPresent() && bug.get() == wanted;
  }

  /** A process's door to its disk. */
  FileStore disk(FileStore store) {
    door = bug.map(planted -> PlantedFileStore.wrap(store, planted));
    return door.<FileStore>map(planted -> planted).orElse(store);
  }

  /** A log that was just opened, before anybody looks at it. */
  void opened(PartitionLog log) {
    if (has(PlantedBug.PRODUCERS_FORGOTTEN)) {
      log.producers().expire(Long.MAX_VALUE, 1);
    } else if (has(PlantedBug.OFFSET_REUSED) && log.logEndOffset() > log.logStartOffset()) {
      log.truncateTo(log.logEndOffset() - 1);
    }
  }

  /** The runtime of an opened log. */
  void hosted(PartitionRuntime runtime, PartitionLog log) {
    if (has(PlantedBug.DURABLE_WITH_THE_FLUSH_BEFORE)) {
      logs.put(runtime, log);
    }
  }

  /** What a partition is told that was done, after a task has run. */
  LogTask done(PartitionRuntime runtime, LogTask task) throws IOException {
    if (door.isPresent()) {
      door.get().syncPostponed();
    }
    PartitionLog log = logs.get(runtime);
    return log != null && task instanceof FlushTicket ? log.prepareFlush() : task;
  }

  /** The settings that a log and its runtime get. */
  LogConfig logConfig(LogConfig config) {
    LogConfig.Builder changed = config.toBuilder();
    if (has(PlantedBug.PRODUCERS_EXPIRED_TOO_EARLY)) {
      changed.producerIdExpirationMs(1);
    }
    if (has(PlantedBug.ACKNOWLEDGED_BEFORE_DURABLE)) {
      changed.flushMode(FlushMode.OS);
    }
    return changed.build();
  }

  /** Hands a batch to the partition. */
  void produce(PartitionRuntime runtime, PartitionLog log, ProduceCommand command) {
    if (has(PlantedBug.GAP_ACCEPTED) || has(PlantedBug.APPENDED_OUT_OF_ORDER)) {
      hideGap(log, command);
    }
    if (!has(PlantedBug.APPENDED_OUT_OF_ORDER)) {
      runtime.produce(command);
    } else if (heldBack.isEmpty()) {
      heldBack = Optional.of(command);
    } else {
      ProduceCommand first = heldBack.get();
      heldBack = Optional.empty();
      runtime.produce(command);
      runtime.produce(first);
    }
  }

  private static void hideGap(PartitionLog log, ProduceCommand command) {
    RecordBatch batch = RecordBatch.at(command.batch(), command.batch().position());
    if (!batch.hasProducerId()) {
      return;
    }
    SequenceCheck check =
        log.producers()
            .check(
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence(),
                batch.lastSequence());
    if (check instanceof SequenceCheck.Refuse refuse
        && refuse.error().code() == ErrorCode.OUT_OF_ORDER_SEQUENCE) {
      log.producers().update(before(batch), 0);
    }
  }

  /** A batch that this one would follow. */
  private static RecordBatch before(RecordBatch batch) {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    int sequence = (batch.baseSequence() - 1) & Integer.MAX_VALUE;
    builder.producer(batch.producerId(), batch.producerEpoch(), sequence);
    builder.append(0, null, null, List.of());
    return RecordBatch.at(builder.build(), 0);
  }

  /** The pipeline that a frame is said to come on. */
  long pipeline(long pipeline) {
    return has(PlantedBug.PIPELINE_NOT_STOPPED) ? pipelines++ : pipeline;
  }

  /** What a producer is told. */
  ProduceOutcome.Acknowledged acknowledged(ProduceOutcome.Acknowledged outcome) {
    if (has(PlantedBug.WRONG_OFFSETS_FOR_DUPLICATE) && outcome.duplicate()) {
      return at(outcome, outcome.baseOffset() + 1);
    }
    if (has(PlantedBug.WRONG_OFFSETS_FOR_APPEND)) {
      Optional<ProduceOutcome.Acknowledged> last = before;
      before = Optional.of(outcome);
      return last.map(other -> at(outcome, other.baseOffset())).orElse(outcome);
    }
    return outcome;
  }

  private static ProduceOutcome.Acknowledged at(
      ProduceOutcome.Acknowledged outcome, long baseOffset) {
    return new ProduceOutcome.Acknowledged(
        baseOffset,
        baseOffset + outcome.lastOffset() - outcome.baseOffset(),
        outcome.logAppendTimeMs(),
        outcome.logStartOffset(),
        outcome.duplicate());
  }

  /** Up to where a reader may read. */
  long readBound(PartitionView view) {
    return has(PlantedBug.SERVED_ABOVE_HIGH_WATERMARK) ? view.logEndOffset() : view.highWatermark();
  }

  /** The high watermark that a reader is told. */
  long toldHighWatermark(PartitionView view) {
    return has(PlantedBug.HIGH_WATERMARK_BACK) && view.leaderEpoch() > 0
        ? view.logStartOffset()
        : view.highWatermark();
  }

  /** What retention takes out of a log. */
  CompletableFuture<List<DetachedSegment>> retention(
      PartitionRuntime runtime, PartitionLog log, RetentionInput now) {
    return has(PlantedBug.RETENTION_BEYOND_HIGH_WATERMARK)
        ? CompletableFuture.completedFuture(retentionOfAll(log, now))
        : runtime.applyRetention(now.timeTrusted());
  }

  private static List<DetachedSegment> retentionOfAll(PartitionLog log, RetentionInput now) {
    RetentionInput all = new RetentionInput(now.wallMs(), log.logEndOffset(), now.timeTrusted());
    try {
      return log.prepareRetention(all)
          .map(
              move -> {
                move.run();
                return log.logStartMoved(move);
              })
          .orElse(List.of());
    } catch (LogDirException e) {
      return List.of();
    }
  }

  /** What a producer sends first on a new stream. */
  void orderOfResends(List<Frame> frames) {
    if (has(PlantedBug.RESENT_OUT_OF_ORDER)) {
      Collections.reverse(frames);
    }
  }

  /** What a producer makes of an answer. */
  FrameResult taken(Produced produced) {
    if (has(PlantedBug.TIMEOUT_TAKEN_FOR_SUCCESS)
        && produced.result() instanceof FrameResult.Refused refused
        && refused.error().code() == ErrorCode.REQUEST_TIMED_OUT) {
      return new FrameResult.Appended(-1, -1, -1, false);
    }
    return produced.result();
  }
}
