package io.millrace.broker.rpc;

import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Clock;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.DeleteRecordsResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Moves log starts forward, on all replicas (S33). Thread-safe. */
final class RecordDeletion {
  /** What one partition of a request takes while it waits, beside the message; an estimate. */
  static final int WAITING_BYTES = 512;

  private static final int MAX_PARTITIONS = 10_000;

  private final Partitions partitions;
  private final Clock clock;
  private final long maxTimeoutMs;

  /**
   * Deletes records of partitions that are here.
   *
   * @param maxTimeoutMs how long a request waits for the replicas when it names no time, and the
   *     longest that it can ask for
   */
  RecordDeletion(Partitions partitions, Clock clock, long maxTimeoutMs) {
    this.partitions = partitions;
    this.clock = clock;
    this.maxTimeoutMs = maxTimeoutMs;
  }

  /**
   * Deletes records of a topic's partitions. What waits counts as the connection's bytes in flight.
   *
   * @throws MillraceException with INVALID_REQUEST, or THROTTLED if too much waits
   */
  CompletableFuture<DeleteRecordsResponse> delete(TopicImage topic, DeleteRecordsRequest request) {
    int count = request.getPartitionsCount();
    if (count < 1 || count > MAX_PARTITIONS) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "partitions: " + count + " (expected: [1, " + MAX_PARTITIONS + "])");
    }
    long deadlineMs = clock.monotonicMs() + Deadlines.capMs(timeoutMs(request));
    return ByteBudgets.KEY
        .get()
        .whileUnanswered(
            request.getSerializedSize() + (long) count * WAITING_BYTES,
            () -> deleteAll(topic, request, deadlineMs));
  }

  private CompletableFuture<DeleteRecordsResponse> deleteAll(
      TopicImage topic, DeleteRecordsRequest request, long deadlineMs) {
    List<CompletableFuture<DeleteRecordsResult>> results = new ArrayList<>();
    request
        .getPartitionsList()
        .forEach(partition -> results.add(delete(topic, partition, deadlineMs)));
    return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
        .thenApply(
            done -> {
              DeleteRecordsResponse.Builder answer = DeleteRecordsResponse.newBuilder();
              results.forEach(result -> answer.addResults(result.join()));
              return answer.build();
            });
  }

  private long timeoutMs(DeleteRecordsRequest request) {
    int asked = Requests.notNegative("timeout_ms", request.getTimeoutMs());
    return asked == 0 ? maxTimeoutMs : Math.min(asked, maxTimeoutMs);
  }

  private CompletableFuture<DeleteRecordsResult> delete(
      TopicImage topic, DeleteRecordsPartition asked, long deadlineMs) {
    int number = asked.getPartition();
    if (topic.partition(number).isEmpty()) {
      return CompletableFuture.completedFuture(
          failed(number, Partitions.unknownPartition(topic, number)));
    }
    CompletableFuture<Long> deleted;
    try {
      deleted =
          partitions
              .require(new TopicIdPartition(topic.id(), number))
              .deleteRecords(asked.getBeforeOffset(), PartitionEvent.ANY_EPOCH, deadlineMs);
    } catch (MillraceException notHere) {
      deleted = CompletableFuture.failedFuture(notHere);
    }
    return deleted.handle(
        (lowWatermark, thrown) ->
            thrown == null
                ? DeleteRecordsResult.newBuilder()
                    .setPartition(number)
                    .setLogStartOffset(lowWatermark)
                    .build()
                : failed(number, RpcErrors.toError(thrown)));
  }

  private static DeleteRecordsResult failed(int number, MillraceError error) {
    return DeleteRecordsResult.newBuilder()
        .setPartition(number)
        .setLogStartOffset(-1)
        .setError(RpcErrors.toProto(error))
        .build();
  }
}
