package io.millrace.broker.rpc;

import io.millrace.broker.replica.ProduceCallback;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.RecordErrorDetail;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * A frame of a produce stream that is not answered yet. Handed from the transport's thread to the
 * shard with its command.
 */
final class StreamFrame implements ProduceCallback {
  private final ProduceStreamSession session;
  private final TopicIdPartition partition;
  private final ResultOrder.Slot slot;
  private final long frameId;
  private final InFlightFrame bytes;

  private List<RecordErrorDetail> recordErrors = List.of();

  StreamFrame(
      ProduceStreamSession session,
      TopicIdPartition partition,
      ResultOrder.Slot slot,
      long frameId,
      InFlightFrame bytes) {
    this.session = session;
    this.partition = partition;
    this.slot = slot;
    this.frameId = frameId;
    this.bytes = bytes;
  }

  ResultOrder.Slot slot() {
    return slot;
  }

  long frameId() {
    return frameId;
  }

  /** To be given back when the frame is answered. */
  InFlightFrame bytes() {
    return bytes;
  }

  /** The batch was found bad: what to tell of its records if that stays the reason. */
  void badRecords(List<RecordErrorDetail> details) {
    recordErrors = details;
  }

  void fail(MillraceError error) {
    session.metrics().batchFailed(error.code());
    session.done(this, ProduceResults.failed(partition, error, List.of()), Runnable::run);
  }

  @Override
  public void answered(ProduceCommand command, ProduceOutcome outcome) {
    answered(command, outcome, Runnable::run);
  }

  @Override
  public void answered(ProduceCommand command, ProduceOutcome outcome, Executor atEnd) {
    if (outcome instanceof ProduceOutcome.Failed failed) {
      session.metrics().batchFailed(failed.error().code());
    }
    session.done(
        this,
        outcome instanceof ProduceOutcome.Failed failed && failed.baseOffset() < 0
            ? ProduceResults.failed(partition, failed.error(), recordErrors)
            : ProduceResults.of(partition, outcome),
        atEnd);
  }
}
