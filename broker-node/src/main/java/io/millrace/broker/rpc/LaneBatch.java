package io.millrace.broker.rpc;

import io.millrace.broker.rpc.LeaderAppends.Append;
import io.millrace.common.Acks;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.record.RecordBatch;
import io.millrace.proto.v1.PartitionProduceResult;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A batch on its way through a {@link ForwardLane}. Confined to the lane, but for the future. */
final class LaneBatch {
  final TopicIdPartition id;
  final Acks acks;
  final int records;

  /** When it is given up, on the monotonic clock. */
  final long deadlineMs;

  final CompletableFuture<PartitionProduceResult> result = new CompletableFuture<>();

  /** The last answer. */
  Optional<PartitionProduceResult> answer = Optional.empty();

  /** Whether an attempt was answered without saying whether it was appended. */
  boolean inDoubt;

  /** Whether the last answer is the result: it holds for all attempts. */
  boolean answerIsResult;

  private final ByteBuffer bytes;
  private final RequestContext caller;
  private boolean sent;

  LaneBatch(
      TopicIdPartition id,
      Acks acks,
      ByteBuffer bytes,
      int records,
      long deadlineMs,
      RequestContext caller) {
    this.id = id;
    this.acks = acks;
    this.bytes = bytes;
    this.records = records;
    this.deadlineMs = deadlineMs;
    this.caller = caller;
  }

  /** The next attempt. What was handed out before may still be read, so repeats are copies. */
  Append attempt(BatchSequence sequence) {
    ByteBuffer batch =
        sent ? ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip() : bytes;
    sent = true;
    RecordBatch.stampProducer(
        batch,
        batch.position(),
        sequence.producerId(),
        (short) sequence.producerEpoch(),
        sequence.baseSequence());
    return new Append(id, acks, batch, caller);
  }
}
