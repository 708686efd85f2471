package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.BatchValidation;
import io.millrace.proto.v1.PartitionBatch;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One partition's part of a produce stream. Confined to the stream's transport thread.
 *
 * <p>The partition itself remembers that a frame failed there (S28b). What fails before it comes
 * that far, because the partition is not here or its shard takes no more, is remembered here. So is
 * that the partition has been replaced by another of the same id (moved away and back, or to
 * another directory): the new one does not know what failed at the old one.
 */
final class StreamPipeline {
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final ProduceDeps deps;
  private final Access access;
  private final TopicIdPartition id;
  private final long number = NUMBERS.incrementAndGet();

  /** The partition that has seen frames or resumes of this pipeline. */
  private @Nullable PartitionHost host;

  /** A frame failed on this side: those that follow fail until the client resumes. */
  private boolean stopped;

  /** The sequence to resume at, once there is a partition to tell. */
  private OptionalInt resumeAt = OptionalInt.empty();

  StreamPipeline(ProduceDeps deps, Access access, TopicIdPartition id) {
    this.deps = deps;
    this.access = access;
    this.id = id;
  }

  /** Hands a frame to the partition, or fails it. */
  void submit(PartitionBatch message, Acks acks, long deadlineMs, StreamFrame frame) {
    if (stopped) {
      frame.fail(
          new MillraceError(
              ErrorCode.PREVIOUS_FRAME_FAILED,
              "an earlier frame of partition " + id.partition() + " failed: resume it first"));
      return;
    }
    Optional<MillraceError> refusal = access.refusal(Operation.WRITE, id);
    if (refusal.isPresent()) {
      stop(frame, refusal.get());
      return;
    }
    Optional<PartitionHost> found = deps.partitions().find(id);
    if (found.isEmpty()) {
      stop(frame, deps.partitions().whyNotHere(id));
      return;
    }
    PartitionHost partition = found.get();
    if (host == null) {
      adopt(partition);
    } else if (host != partition) {
      adopt(partition);
      stop(frame, replaced());
      return;
    }
    ByteBuffer batch = Payloads.owned(message.getRecords());
    ProduceCommand command =
        new ProduceCommand(batch, acks, message.getLeaderEpoch(), number, deadlineMs, 0, frame);
    if (!hand(partition, command, frame)) {
      stop(frame, ProduceCall.tooMuchWaits(id));
    }
  }

  private boolean hand(PartitionHost partition, ProduceCommand command, StreamFrame frame) {
    BatchValidation verdict = deps.intake().validate(partition, command.batch());
    if (verdict instanceof BatchValidation.Invalid invalid) {
      frame.badRecords(invalid.recordErrors());
      int sequence = BatchIntake.baseSequence(command.batch());
      return partition.refuse(command, sequence, invalid.error());
    }
    int bytes = command.batch().remaining();
    boolean taken = partition.produce(command);
    if (taken) {
      deps.metrics().produced(bytes);
    }
    return taken;
  }

  /** The client goes on with this partition. */
  void resume(int nextSequence) {
    stopped = false;
    resumeAt = OptionalInt.of(nextSequence);
    deps.partitions().find(id).ifPresentOrElse(this::adopt, this::close);
  }

  /** The stream ended, or the partition is not there any more. */
  void close() {
    if (host != null) {
      host.closePipeline(number);
      host = null;
    }
  }

  private void adopt(PartitionHost found) {
    if (host != found) {
      close();
    }
    host = found;
    resumeAt.ifPresent(sequence -> found.resumePipeline(number, sequence));
    resumeAt = OptionalInt.empty();
  }

  private MillraceError replaced() {
    return new MillraceError(
        ErrorCode.NOT_LEADER,
        "the log of partition "
            + id.partition()
            + " was replaced since the stream's last frame; nothing was appended: resume it");
  }

  private void stop(StreamFrame frame, MillraceError error) {
    stopped = true;
    frame.fail(error);
  }
}
