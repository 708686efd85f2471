package io.millrace.broker.rpc;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.record.KeyPartitioner;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes structured records, chooses their partitions and sees to their results. Thread-safe. */
final class Publisher {
  private static final int MAX_RECORDS = 10_000;

  private final PublishDeps deps;
  private final AtomicInteger turn = new AtomicInteger();

  Publisher(PublishDeps deps) {
    this.deps = deps;
  }

  CompletableFuture<PublishResponse> publish(PublishRequest request) {
    check(request);
    Acks acks =
        request.getAcks() == io.millrace.proto.v1.Acks.ACKS_UNSPECIFIED
            ? Acks.ALL
            : BatchIntake.acks(request.getAcks());
    TopicImage topic = deps.partitions().requireTopic(request.getTopic());
    long timeoutMs = Deadlines.capMs(deps.intake().timeoutMs(request.getTimeoutMs()));
    Map<Integer, List<Integer>> byPartition = new TreeMap<>();
    for (int i = 0; i < request.getRecordsCount(); i++) {
      int partition = partitionOf(request.getRecords(i), topic);
      byPartition.computeIfAbsent(partition, p -> new ArrayList<>()).add(i);
    }
    Publication publication =
        new Publication(deps, topic, acks, deps.intake().deadlineMs(timeoutMs), request);
    byPartition.forEach(publication::start);
    return publication.answer();
  }

  private static void check(PublishRequest request) {
    int count = request.getRecordsCount();
    if (count < 1 || count > MAX_RECORDS) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "records: " + count + " (expected: [1, " + MAX_RECORDS + "])");
    }
    if (!request.getPublisherId().isEmpty()) {
      throw new MillraceException(
          ErrorCode.UNSUPPORTED,
          "publisher_id: " + request.getPublisherId() + " (expected: empty in this version)");
    }
  }

  private int partitionOf(PublishRecord record, TopicImage topic) {
    int partitions = topic.partitions().size();
    if (record.hasPartition()) {
      if (record.getPartition() < 0 || record.getPartition() >= partitions) {
        throw Partitions.unknownPartition(topic, record.getPartition()).exception();
      }
      return record.getPartition();
    }
    return record.hasKey()
        ? KeyPartitioner.partitionFor(record.getKey().asReadOnlyByteBuffer(), partitions)
        : Math.floorMod(turn.getAndIncrement(), partitions);
  }
}
