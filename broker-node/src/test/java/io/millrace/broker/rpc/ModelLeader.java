package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordReader;
import io.millrace.proto.v1.PartitionProduceResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A leader with an idempotent log, on a network that does with each attempt what the test says; by
 * default it goes through.
 */
final class ModelLeader implements LeaderAppends {
  /** The values in the log. */
  final List<String> log = new ArrayList<>();

  /** What happens to the next attempts. */
  final ArrayDeque<Function<Append, CompletableFuture<PartitionProduceResult>>> plan =
      new ArrayDeque<>();

  /** All attempts, in their order. */
  final List<Append> attempts = new ArrayList<>();

  private final Map<Long, Last> producers = new HashMap<>();

  private record Last(int epoch, int baseSequence, int nextSequence, long baseOffset) {}

  @Override
  public CompletableFuture<PartitionProduceResult> append(Append append, long timeoutMs) {
    attempts.add(append);
    var planned = plan.poll();
    return planned == null
        ? CompletableFuture.completedFuture(arrive(append))
        : planned.apply(append);
  }

  /** It is appended, and nobody hears of it. */
  CompletableFuture<PartitionProduceResult> loseAnswer(Append append) {
    arrive(append);
    return away();
  }

  /** The connection is cut. */
  static CompletableFuture<PartitionProduceResult> away() {
    return refuse(ErrorCode.BROKER_NOT_AVAILABLE);
  }

  static CompletableFuture<PartitionProduceResult> refuse(ErrorCode code) {
    return CompletableFuture.completedFuture(refusal(code));
  }

  private static PartitionProduceResult refusal(ErrorCode code) {
    return PartitionProduceResult.newBuilder()
        .setBaseOffset(-1)
        .setLastOffset(-1)
        .setError(RpcErrors.toProto(new MillraceError(code, "as the test says")))
        .build();
  }

  /** An attempt reaches the log. */
  PartitionProduceResult arrive(Append append) {
    RecordBatch batch = RecordBatch.at(append.batch(), append.batch().position());
    if (!batch.hasProducerId()) {
      return appended(batch);
    }
    Last last = producers.get(batch.producerId());
    if (last != null && batch.producerEpoch() < last.epoch()) {
      return refusal(ErrorCode.INVALID_PRODUCER_EPOCH);
    }
    boolean sameEpoch = last != null && batch.producerEpoch() == last.epoch();
    if (sameEpoch && batch.baseSequence() == last.baseSequence()) {
      return result(last.baseOffset(), batch).setDuplicate(true).build();
    }
    int expected = sameEpoch ? last.nextSequence() : 0;
    if (batch.baseSequence() != expected) {
      return refusal(ErrorCode.OUT_OF_ORDER_SEQUENCE);
    }
    producers.put(
        batch.producerId(),
        new Last(
            batch.producerEpoch(),
            batch.baseSequence(),
            batch.baseSequence() + batch.recordCount(),
            log.size()));
    return appended(batch);
  }

  private PartitionProduceResult appended(RecordBatch batch) {
    long baseOffset = log.size();
    RecordReader.unpack(batch, 1 << 20)
        .records()
        .forEachRemaining(
            record ->
                log.add(Optional.ofNullable(record.value()).map(ModelLeader::text).orElse("")));
    return result(baseOffset, batch).build();
  }

  private static PartitionProduceResult.Builder result(long baseOffset, RecordBatch batch) {
    return PartitionProduceResult.newBuilder()
        .setBaseOffset(baseOffset)
        .setLastOffset(baseOffset + batch.recordCount() - 1);
  }

  private static String text(ByteBuffer value) {
    return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
  }
}
