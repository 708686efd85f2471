package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.PartitionData;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A client as small as a test needs it. */
final class Api {
  final ProducerServiceGrpc.ProducerServiceBlockingStub producer;
  final FetchServiceGrpc.FetchServiceBlockingStub fetcher;
  final TopicServiceGrpc.TopicServiceBlockingStub topics;
  final SubscriptionServiceGrpc.SubscriptionServiceBlockingStub subscriptions;

  Api(ManagedChannel channel) {
    producer = ProducerServiceGrpc.newBlockingStub(channel);
    fetcher = FetchServiceGrpc.newBlockingStub(channel);
    topics = TopicServiceGrpc.newBlockingStub(channel);
    subscriptions = SubscriptionServiceGrpc.newBlockingStub(channel);
  }

  /** Creates a topic and gives its id. */
  ByteString topic(String name, int partitions, Map<String, String> configs) {
    return topics
        .createTopic(
            CreateTopicRequest.newBuilder()
                .setName(name)
                .setPartitions(partitions)
                .putAllConfigs(configs)
                .build())
        .getTopic()
        .getTopicId();
  }

  ByteString topic(String name) {
    return topic(name, 1, Map.of());
  }

  PartitionProduceResult produce(ByteString topic, ByteString batch) {
    return produce(topic, batch, Acks.ACKS_ALL, 0);
  }

  PartitionProduceResult produce(ByteString topic, ByteString batch, Acks acks, int timeoutMs) {
    return producer
        .produce(
            ProduceRequest.newBuilder()
                .setAcks(acks)
                .setTimeoutMs(timeoutMs)
                .addBatches(partitionBatch(topic, 0, batch))
                .build())
        .getResults(0);
  }

  PartitionData fetch(ByteString topic, long offset, int maxWaitMs) {
    return fetcher
        .fetch(
            FetchRequest.newBuilder()
                .addPartitions(at(topic, 0, offset))
                .setMaxWaitMs(maxWaitMs)
                .build())
        .getPartitions(0);
  }

  static FetchPartition at(ByteString topic, int partition, long offset) {
    return FetchPartition.newBuilder()
        .setTopicId(topic)
        .setPartition(partition)
        .setFetchOffset(offset)
        .setCurrentLeaderEpoch(-1)
        .setLastFetchedEpoch(-1)
        .build();
  }

  static PartitionBatch partitionBatch(ByteString topic, int partition, ByteString batch) {
    return PartitionBatch.newBuilder()
        .setTopicId(topic)
        .setPartition(partition)
        .setLeaderEpoch(-1)
        .setRecords(batch)
        .build();
  }

  /** A batch without producer id. */
  static ByteString batch(String... values) {
    return batch(Compression.NONE, System.currentTimeMillis(), values);
  }

  static ByteString batch(Compression codec, long timestampMs, String... values) {
    return ByteString.copyFrom(builder(codec, timestampMs, values).build());
  }

  static ByteString idempotent(long producerId, int epoch, int sequence, String... values) {
    return ByteString.copyFrom(
        builder(Compression.NONE, System.currentTimeMillis(), values)
            .producer(producerId, (short) epoch, sequence)
            .build());
  }

  private static RecordBatchBuilder builder(Compression codec, long timestampMs, String... values) {
    RecordBatchBuilder builder = new RecordBatchBuilder(codec);
    for (String value : values) {
      ByteBuffer bytes = ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
      builder.append(timestampMs, null, bytes, List.of());
    }
    return builder;
  }

  /** The same bytes with one of them changed. */
  static ByteString flipped(ByteString bytes, int position) {
    byte[] copy = bytes.toByteArray();
    copy[position] ^= 1;
    return ByteString.copyFrom(copy);
  }

  static String code(io.millrace.proto.v1.Error error) {
    return error.getCode().name().replace("ERROR_CODE_", "");
  }

  /** Checks that a call fails with this error, as a status with details. */
  static ErrorInfo refused(ErrorCode code, Status.Code status, ThrowingCallable call) {
    StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(thrown).as("a refusal with %s", code).isNotNull();
    return refusal(code, status, thrown);
  }

  static ErrorInfo refusal(ErrorCode code, Status.Code status, Throwable thrown) {
    assertThat(Status.fromThrowable(thrown).getCode()).as("%s", thrown).isEqualTo(status);
    com.google.rpc.Status details = StatusProto.fromThrowable(thrown);
    assertThat(details).as("details of %s", thrown).isNotNull();
    for (Any detail : details.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        ErrorInfo info = unpack(detail);
        assertThat(info.getReason()).isEqualTo(code.name());
        assertThat(info.getDomain()).isEqualTo("millrace");
        return info;
      }
    }
    throw new AssertionError("no ErrorInfo in " + details);
  }

  private static ErrorInfo unpack(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
