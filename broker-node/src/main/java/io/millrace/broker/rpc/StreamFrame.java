package io.millrace.broker.rpc;

import io.millrace.broker.replica.ProduceCallback;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.RecordErrorDetail;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A frame of a produce stream that is not answered yet. Handed from the transport's thread to the
 * shard with its command.
 */
final class StreamFrame implements ProduceCallback {
  /** What a frame takes besides its batch, about: a flood of small frames is bounded as well. */
  static final long OVERHEAD_BYTES = 512;

  private final ProduceStreamSession session;
  private final TopicIdPartition partition;
  private final ResultOrder.Slot slot;
  private final long frameId;
  private final InFlightBytes budget;
  private final long bytes;

  /** Whether the bytes were given back to the budget. */
  private final AtomicBoolean givenBack = new AtomicBoolean();

  private List<RecordErrorDetail> recordErrors = List.of();

  /** Takes the batch's bytes and the overhead from the budget. */
  StreamFrame(
      ProduceStreamSession session,
      TopicIdPartition partition,
      ResultOrder.Slot slot,
      long frameId,
      InFlightBytes budget,
      int batchBytes) {
    this.session = session;
    this.partition = partition;
    this.slot = slot;
    this.frameId = frameId;
    this.budget = budget;
    this.bytes = batchBytes + OVERHEAD_BYTES;
    budget.add(bytes);
  }

  ResultOrder.Slot slot() {
    return slot;
  }

  long frameId() {
    return frameId;
  }

  /** Gives the bytes back to the budget, once. */
  void giveBack() {
    if (givenBack.compareAndSet(false, true)) {
      budget.release(bytes);
    }
  }

  /** The batch was found bad: what to tell of its records if that stays the reason. */
  void badRecords(List<RecordErrorDetail> details) {
    recordErrors = details;
  }

  void fail(MillraceError error) {
    session.metrics().batchFailed(error.code());
    session.done(this, ProduceResults.failed(partition, error, List.of()));
  }

  @Override
  public void answered(ProduceCommand command, ProduceOutcome outcome) {
    if (outcome instanceof ProduceOutcome.Failed failed) {
      session.metrics().batchFailed(failed.error().code());
    }
    session.done(
        this,
        outcome instanceof ProduceOutcome.Failed failed && failed.baseOffset() < 0
            ? ProduceResults.failed(partition, failed.error(), recordErrors)
            : ProduceResults.of(partition, outcome));
  }
}
