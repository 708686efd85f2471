package io.millrace.broker.group;

import io.millrace.broker.group.core.CoordinatorEvent;
import io.millrace.broker.group.core.CoordinatorEvent.AppendFailed;
import io.millrace.broker.group.core.CoordinatorEvent.Committed;
import io.millrace.broker.group.core.EncodedRecord;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.Clock;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Appends a coordinator's records to its partition, with acks = all and under its leader epoch: as
 * few batches as max.message.bytes allows, each when the one before is committed, so that the log
 * never has a later one without an earlier one. Confined to the coordinator's thread.
 */
final class CoordinatorAppends {
  /** Longer than it takes to shrink the in-sync replicas by one that has died. */
  private static final long TIMEOUT_MS = 10_000;

  /** The most bytes that a record may have: every follower takes a batch of it. */
  private static final int MAX_RECORD_BYTES = 8 << 20;

  private final PartitionHost host;
  private final int leaderEpoch;
  private final Clock clock;
  private final Executor thread;
  private final Consumer<CoordinatorEvent> outcome;

  /** What is to be appended after the batch that is under way. */
  private final Deque<ByteBuffer> batches = new ArrayDeque<>();

  private long number;

  /** Whether a batch of this append is in the log. */
  private boolean begun;

  /**
   * Nothing is appended yet.
   *
   * @param thread the coordinator's
   * @param outcome told what became of an append; on that thread
   */
  CoordinatorAppends(
      PartitionHost host,
      int leaderEpoch,
      Clock clock,
      Executor thread,
      Consumer<CoordinatorEvent> outcome) {
    this.host = host;
    this.leaderEpoch = leaderEpoch;
    this.clock = clock;
    this.thread = thread;
    this.outcome = outcome;
  }

  /** Appends records; one call at a time. */
  void append(long appendNumber, List<EncodedRecord> records) {
    number = appendNumber;
    begun = false;
    batches.clear();
    if (records.stream().anyMatch(record -> record.size() > MAX_RECORD_BYTES)) {
      failed(
          new MillraceError(
              ErrorCode.REQUEST_TOO_LARGE,
              "a group's record of more than " + MAX_RECORD_BYTES + " bytes"),
          false);
      return;
    }
    encode(records);
    next();
  }

  private void encode(List<EncodedRecord> records) {
    int maxBytes = host.config().topic().get(TopicConfigs.MAX_MESSAGE_BYTES);
    long nowMs = clock.wallMs();
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    for (EncodedRecord record : records) {
      byte[] value = record.value();
      int valueBytes = value == null ? 0 : value.length;
      long bytes = RecordBatchBuilder.recordBytesMax(record.key().length, valueBytes, List.of());
      if (builder.recordCount() > 0 && builder.estimatedBytes() + bytes > maxBytes) {
        batches.add(builder.build());
        builder = new RecordBatchBuilder(Compression.NONE);
      }
      builder.appendArrays(nowMs, record.key(), value, List.of());
    }
    batches.add(builder.build());
  }

  private void next() {
    ProduceCommand command =
        new ProduceCommand(
            batches.remove(),
            Acks.ALL,
            leaderEpoch,
            PartitionEvent.NO_PIPELINE,
            clock.monotonicMs() + TIMEOUT_MS,
            number,
            (done, result) -> thread.execute(() -> answered(result)));
    if (!host.produce(command)) {
      failed(
          new MillraceError(
              ErrorCode.THROTTLED, "too many requests wait for the shard of " + host.name()),
          begun);
    }
  }

  private void answered(ProduceOutcome result) {
    if (result instanceof ProduceOutcome.Failed refused) {
      failed(refused.error(), begun || refused.baseOffset() >= 0);
      return;
    }
    begun = true;
    if (batches.isEmpty()) {
      outcome.accept(new Committed(number));
    } else {
      next();
    }
  }

  private void failed(MillraceError cause, boolean maybeWritten) {
    batches.clear();
    MillraceError error = CoordinatorErrors.notAppended(host.name(), cause, maybeWritten);
    outcome.accept(new AppendFailed(number, error, maybeWritten));
  }
}
