package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.record.BatchValidation;
import io.millrace.common.record.Compression;
import io.millrace.common.record.KeyPartitioner;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordErrorDetail;
import io.millrace.common.record.RecordHeader;
import io.millrace.common.time.Clock;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.Header;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import io.millrace.proto.v1.PublishResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches of structured records, for each partition as few as max.message.bytes allows, and
 * appends them as if a client had sent them. Thread-safe.
 */
final class Publisher {
  private static final int MAX_RECORDS = 10_000;

  private final ProduceDeps deps;
  private final Clock clock;
  private final AtomicInteger turn = new AtomicInteger();

  Publisher(ProduceDeps deps, Clock clock) {
    this.deps = deps;
    this.clock = clock;
  }

  CompletableFuture<PublishResponse> publish(PublishRequest request) {
    check(request);
    Acks acks =
        request.getAcks() == io.millrace.proto.v1.Acks.ACKS_UNSPECIFIED
            ? Acks.ALL
            : BatchIntake.acks(request.getAcks());
    TopicImage topic = deps.partitions().requireTopic(request.getTopic());
    long timeoutMs = Deadlines.capMs(deps.intake().timeoutMs(request.getTimeoutMs()));
    Publication publication =
        new Publication(topic, acks, deps.intake().deadlineMs(timeoutMs), request);
    return publication.start();
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

  /** One request on its way: results come from several shards. */
  private final class Publication {
    private final TopicImage topic;
    private final Acks acks;
    private final long deadlineMs;
    private final long nowMs = clock.wallMs();
    private final PublishRequest request;
    private final AtomicReferenceArray<PublishResult> results;
    private final AtomicInteger openRecords;
    private final CompletableFuture<PublishResponse> answer = new CompletableFuture<>();

    Publication(TopicImage topic, Acks acks, long deadlineMs, PublishRequest request) {
      this.topic = topic;
      this.acks = acks;
      this.deadlineMs = deadlineMs;
      this.request = request;
      this.results = new AtomicReferenceArray<>(request.getRecordsCount());
      this.openRecords = new AtomicInteger(request.getRecordsCount());
    }

    CompletableFuture<PublishResponse> start() {
      Map<Integer, List<Integer>> byPartition = new TreeMap<>();
      for (int i = 0; i < request.getRecordsCount(); i++) {
        int partition = partitionOf(request.getRecords(i), topic);
        byPartition.computeIfAbsent(partition, p -> new ArrayList<>()).add(i);
      }
      byPartition.forEach(this::append);
      return answer;
    }

    private void append(int partition, List<Integer> indexes) {
      TopicIdPartition id = new TopicIdPartition(topic.id(), partition);
      List<Integer> left = withoutBadTimestamps(partition, indexes);
      try {
        PartitionHost host = deps.partitions().require(id);
        int maxBytes = host.config().topic().get(TopicConfigs.MAX_MESSAGE_BYTES);
        while (!left.isEmpty()) {
          RecordBatchBuilder batch = batchOf(left, maxBytes);
          append(host, left.subList(0, batch.recordCount()), batch.build());
          left = left.subList(batch.recordCount(), left.size());
        }
      } catch (MillraceException refusal) {
        // What comes after a batch that was not taken is not taken either: the order stays.
        failed(partition, left, refusal.error());
      }
    }

    private void append(PartitionHost host, List<Integer> indexes, ByteBuffer batch) {
      int partition = host.id().partition();
      if (deps.intake().validate(host, batch) instanceof BatchValidation.Invalid invalid) {
        refused(partition, indexes, invalid);
        return;
      }
      ProduceCommand command =
          new ProduceCommand(
              batch,
              acks,
              PartitionEvent.ANY_EPOCH,
              PartitionEvent.NO_PIPELINE,
              deadlineMs,
              0,
              (done, outcome) -> answered(partition, indexes, outcome));
      int bytes = batch.remaining();
      if (!host.produce(command)) {
        throw ProduceCall.tooMuchWaits(host.id()).exception();
      }
      deps.metrics().produced(bytes);
    }

    /** A batch of the first records: as many as surely fit, at least one. */
    private RecordBatchBuilder batchOf(List<Integer> indexes, int maxBytes) {
      RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
      for (int index : indexes) {
        PublishRecord record = request.getRecords(index);
        @Nullable ByteBuffer key = record.hasKey() ? record.getKey().asReadOnlyByteBuffer() : null;
        @Nullable ByteBuffer value =
            record.hasValue() ? record.getValue().asReadOnlyByteBuffer() : null;
        List<RecordHeader> headers =
            record.getHeadersList().stream().map(Publisher::header).toList();
        long bytes = RecordBatchBuilder.recordBytesMax(key, value, headers);
        if (builder.recordCount() > 0 && builder.estimatedBytes() + bytes > maxBytes) {
          return builder;
        }
        builder.append(
            record.hasTimestampMs() ? record.getTimestampMs() : nowMs, key, value, headers);
      }
      return builder;
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

    private void answered(int partition, List<Integer> indexes, ProduceOutcome outcome) {
      if (outcome instanceof ProduceOutcome.Failed failed) {
        failed(partition, indexes, failed.error());
        return;
      }
      ProduceOutcome.Acknowledged done = (ProduceOutcome.Acknowledged) outcome;
      int place = 0;
      for (int index : indexes) {
        long offset = acks == Acks.NONE ? -1 : done.baseOffset() + place++;
        results.set(
            index, PublishResult.newBuilder().setPartition(partition).setOffset(offset).build());
      }
      done(indexes.size());
    }

    private void failed(int partition, List<Integer> indexes, MillraceError error) {
      if (indexes.isEmpty()) {
        return;
      }
      deps.metrics().batchFailed(error.code());
      indexes.forEach(index -> results.set(index, failure(partition, error)));
      done(indexes.size());
    }

    private void refused(int partition, List<Integer> indexes, BatchValidation.Invalid invalid) {
      deps.metrics().batchFailed(invalid.error().code());
      indexes.forEach(index -> results.set(index, failure(partition, invalid.error())));
      for (RecordErrorDetail detail : invalid.recordErrors()) {
        results.set(indexes.get(detail.recordIndex()), failure(partition, detail.error()));
      }
      done(indexes.size());
    }

    private void done(int records) {
      if (openRecords.addAndGet(-records) == 0) {
        PublishResponse.Builder response = PublishResponse.newBuilder();
        for (int i = 0; i < results.length(); i++) {
          response.addResults(results.get(i));
        }
        answer.complete(response.build());
      }
    }
  }

  private static PublishResult failure(int partition, MillraceError error) {
    return PublishResult.newBuilder()
        .setPartition(partition)
        .setOffset(-1)
        .setError(RpcErrors.toProto(error))
        .build();
  }

  private static MillraceError negativeTimestamp(int index, long timestampMs) {
    return new MillraceError(
        ErrorCode.INVALID_TIMESTAMP,
        "records[" + index + "].timestamp_ms: " + timestampMs + " (expected: >= 0, or absent)");
  }

  private static RecordHeader header(Header header) {
    @Nullable ByteString value = header.hasValue() ? header.getValue() : null;
    return new RecordHeader(header.getKey(), value == null ? null : value.asReadOnlyByteBuffer());
  }
}
