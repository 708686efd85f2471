package io.millrace.broker.rpc;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import io.millrace.proto.v1.PublishResult;
import io.millrace.proto.v1.RecordError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** One request on its way. Thread-safe: results come from several partitions. */
final class Publication {
  private final PublishDeps deps;
  private final TopicImage topic;
  private final Acks acks;
  private final long deadlineMs;
  private final PublishRequest request;
  private final RequestContext caller = RequestContext.current();
  private final AtomicReferenceArray<PublishResult> results;

  /** Records without a result yet. */
  private final AtomicInteger open;

  private final CompletableFuture<PublishResponse> answer = new CompletableFuture<>();

  Publication(
      PublishDeps deps, TopicImage topic, Acks acks, long deadlineMs, PublishRequest request) {
    this.deps = deps;
    this.topic = topic;
    this.acks = acks;
    this.deadlineMs = deadlineMs;
    this.request = request;
    this.results = new AtomicReferenceArray<>(request.getRecordsCount());
    this.open = new AtomicInteger(request.getRecordsCount());
  }

  /** Completed when each record has its result. */
  CompletableFuture<PublishResponse> answer() {
    return answer;
  }

  /**
   * Sends the records of a partition on their way.
   *
   * @param indexes their places in the request
   */
  void start(int partition, List<Integer> indexes) {
    List<Integer> good = withoutBadTimestamps(partition, indexes);
    if (good.isEmpty()) {
      return;
    }
    // The message is counted already; this is for the batches that are made of it.
    long bytes =
        good.stream().mapToLong(index -> request.getRecords(index).getSerializedSize()).sum();
    Forwarder.Load load =
        new Forwarder.Load(
            new TopicIdPartition(topic.id(), partition), acks, deadlineMs, caller, bytes);
    CompletableFuture<Void> unused =
        deps.forwarder()
            .open(load)
            .handle(
                (passage, thrown) -> {
                  if (thrown == null) {
                    PublishedBatches.send(this, partition, good, passage);
                  } else {
                    failed(partition, good, RpcErrors.toError(thrown));
                  }
                  return null;
                });
  }

  PublishDeps deps() {
    return deps;
  }

  PublishRequest request() {
    return request;
  }

  /** How large a batch for a partition may be. */
  int maxBatchBytes(int partition) {
    return deps.maxBatchBytes().applyAsInt(topic, partition);
  }

  private List<Integer> withoutBadTimestamps(int partition, List<Integer> indexes) {
    List<Integer> good = new ArrayList<>(indexes.size());
    for (int index : indexes) {
      long timestampMs = request.getRecords(index).getTimestampMs();
      if (timestampMs < 0) {
        failed(partition, List.of(index), negativeTimestamp(index, timestampMs));
      } else {
        good.add(index);
      }
    }
    return good;
  }

  /** A batch of these records has its result. */
  void done(int partition, List<Integer> indexes, PartitionProduceResult result) {
    int place = 0;
    for (int index : indexes) {
      boolean known = acks != Acks.NONE && result.getBaseOffset() >= 0;
      results.set(
          index,
          result.hasError()
              ? failure(partition, result.getError())
              : PublishResult.newBuilder()
                  .setPartition(partition)
                  .setOffset(known ? result.getBaseOffset() + place++ : -1)
                  .build());
    }
    for (RecordError bad : result.getRecordErrorsList()) {
      if (bad.getRecordIndex() < indexes.size()) {
        results.set(indexes.get(bad.getRecordIndex()), failure(partition, bad.getError()));
      }
    }
    answered(indexes.size());
  }

  /** These records got no further. */
  void failed(int partition, List<Integer> indexes, MillraceError error) {
    deps.metrics().batchFailed(error.code());
    indexes.forEach(index -> results.set(index, failure(partition, RpcErrors.toProto(error))));
    answered(indexes.size());
  }

  private void answered(int records) {
    if (open.addAndGet(-records) == 0) {
      PublishResponse.Builder response = PublishResponse.newBuilder();
      for (int i = 0; i < results.length(); i++) {
        response.addResults(results.get(i));
      }
      answer.complete(response.build());
    }
  }

  private static PublishResult failure(int partition, io.millrace.proto.v1.Error error) {
    return PublishResult.newBuilder().setPartition(partition).setOffset(-1).setError(error).build();
  }

  private static MillraceError negativeTimestamp(int index, long timestampMs) {
    return new MillraceError(
        ErrorCode.INVALID_TIMESTAMP,
        "records[" + index + "].timestamp_ms: " + timestampMs + " (expected: >= 0, or absent)");
  }
}
