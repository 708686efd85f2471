package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.ProduceCallback;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.BatchValidation;
import io.millrace.common.record.RecordErrorDetail;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** One unary produce request on its way. Thread-safe: results come from several shards. */
final class ProduceCall implements ProduceCallback {
  private final ProduceDeps deps;
  private final Access access;
  private final List<TopicIdPartition> ids;
  private final Acks acks;
  private final long deadlineMs;
  private final AtomicReferenceArray<PartitionProduceResult> results;

  /** Batches without a result yet. */
  private final AtomicInteger open;

  private final CompletableFuture<ProduceResponse> answer = new CompletableFuture<>();

  ProduceCall(ProduceDeps deps, ProduceRequest request) {
    this.deps = deps;
    this.access = deps.access();
    BatchIntake.requireNoTransaction(request.getTransactionalId());
    this.acks = BatchIntake.acks(request.getAcks());
    BatchIntake intake = deps.intake();
    this.deadlineMs = intake.deadlineMs(Deadlines.capMs(intake.timeoutMs(request.getTimeoutMs())));
    this.ids = idsOf(request, deps.maxPartitions());
    this.results = new AtomicReferenceArray<>(ids.size());
    this.open = new AtomicInteger(ids.size());
  }

  /** Hands the batches to their partitions. Called once. */
  CompletableFuture<ProduceResponse> start(ProduceRequest request) {
    for (int i = 0; i < ids.size(); i++) {
      start(i, request.getBatches(i));
    }
    return answer;
  }

  private void start(int index, PartitionBatch message) {
    TopicIdPartition id = ids.get(index);
    Optional<MillraceError> refusal = access.refusal(Operation.WRITE, id);
    if (refusal.isPresent()) {
      failed(index, refusal.get(), List.of());
      return;
    }
    ByteBuffer batch = Payloads.owned(message.getRecords());
    try {
      PartitionHost host = deps.partitions().require(id);
      if (deps.intake().validate(host, batch) instanceof BatchValidation.Invalid invalid) {
        failed(index, invalid.error(), invalid.recordErrors());
        return;
      }
      ProduceCommand command =
          new ProduceCommand(
              batch,
              acks,
              message.getLeaderEpoch(),
              PartitionEvent.NO_PIPELINE,
              deadlineMs,
              index,
              this);
      if (host.produce(command)) {
        deps.metrics().produced(batch.remaining());
      } else {
        failed(index, tooMuchWaits(id), List.of());
      }
    } catch (MillraceException refused) {
      failed(index, refused.error(), List.of());
    }
  }

  @Override
  public void answered(ProduceCommand command, ProduceOutcome outcome) {
    int index = (int) command.correlation();
    if (outcome instanceof ProduceOutcome.Failed failed) {
      deps.metrics().batchFailed(failed.error().code());
    }
    done(index, ProduceResults.of(ids.get(index), outcome));
  }

  private void failed(int index, MillraceError error, List<RecordErrorDetail> recordErrors) {
    deps.metrics().batchFailed(error.code());
    done(index, ProduceResults.failed(ids.get(index), error, recordErrors));
  }

  private void done(int index, PartitionProduceResult result) {
    results.set(index, result);
    if (open.decrementAndGet() == 0) {
      ProduceResponse.Builder response = ProduceResponse.newBuilder();
      for (int i = 0; i < ids.size(); i++) {
        PartitionProduceResult each = results.get(i);
        if (acks != Acks.NONE || each.hasError()) {
          response.addResults(each);
        }
      }
      answer.complete(response.build());
    }
  }

  static MillraceError tooMuchWaits(TopicIdPartition id) {
    return new MillraceError(
        ErrorCode.THROTTLED, "too many requests wait for the shard of partition " + id.partition());
  }

  private static List<TopicIdPartition> idsOf(ProduceRequest request, int maxBatches) {
    int count = request.getBatchesCount();
    if (count < 1 || count > maxBatches) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "batches: " + count + " (expected: [1, " + maxBatches + "])");
    }
    Set<TopicIdPartition> seen = new HashSet<>();
    return request.getBatchesList().stream()
        .map(
            batch -> {
              TopicIdPartition id = Partitions.named(batch.getTopicId(), batch.getPartition());
              if (!seen.add(id)) {
                throw new MillraceException(
                    ErrorCode.INVALID_REQUEST,
                    "batches: two for partition " + id + " (expected: at most one)");
              }
              return id;
            })
        .toList();
  }
}
