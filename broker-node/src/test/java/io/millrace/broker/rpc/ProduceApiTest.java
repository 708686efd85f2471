package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.broker.server.LimitSettings;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.common.record.KeyPartitioner;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.InitProducerRequest;
import io.millrace.proto.v1.InitProducerResponse;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import io.millrace.proto.v1.PublishResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows S06, S07, S08, S23, S24, S27 and S28 as a client of the unary API meets them. */
class ProduceApiTest {
  @TempDir static Path data;

  private static final SlowDisk disk = new SlowDisk();
  private static TestNode node;
  private static Api api;

  @BeforeAll
  static void start() {
    node =
        TestNode.start(
            data,
            disk.store,
            settings -> settings.set(LimitSettings.MAX_DECOMPRESSED_BYTES, 1L << 20));
    api = new Api(node.channel());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    disk.release();
    node.close();
  }

  @AfterEach
  void letTheDiskGo() {
    disk.release();
  }

  @Test
  void S06_refusesARequestThatDoesNotSayItsAcks() {
    ByteString topic = api.topic("acks");
    Api.refused(
        ErrorCode.INVALID_ACKS,
        Status.Code.INVALID_ARGUMENT,
        () -> api.produce(topic, Api.batch("a"), Acks.ACKS_UNSPECIFIED, 0));
    assertThat(api.fetch(topic, 0, 0).getHighWatermark()).isZero();
  }

  @Test
  void S07_acksAllAnswersOnlyOnceTheHighWatermarkHasPassed() throws Exception {
    ByteString topic = api.topic("durable", 1, Map.of("flush.mode", "commit"));
    disk.hold();
    CompletableFuture<PartitionProduceResult> answer =
        CompletableFuture.supplyAsync(() -> api.produce(topic, Api.batch("a", "b")));
    assertThat(answer.completeOnTimeout(null, 300, TimeUnit.MILLISECONDS).get()).isNull();
    assertThat(api.fetch(topic, 0, 0).getHighWatermark()).isZero();
    disk.release();
    PartitionProduceResult repeated = api.produce(topic, Api.batch("c"));
    assertThat(repeated.hasError()).isFalse();
    assertThat(repeated.getBaseOffset()).isEqualTo(2);
    assertThat(api.fetch(topic, 0, 0).getHighWatermark()).isEqualTo(3);
  }

  @Test
  void S07_aRequestThatWaitsTooLongIsToldSoAndItsRecordMayStillCommit() {
    ByteString topic = api.topic("too-slow", 1, Map.of("flush.mode", "commit"));
    disk.hold();
    PartitionProduceResult result = api.produce(topic, Api.batch("a"), Acks.ACKS_ALL, 100);
    assertThat(Api.code(result.getError())).isEqualTo("REQUEST_TIMED_OUT");
    assertThat(result.getBaseOffset()).isZero();
    disk.release();
    assertThat(api.fetch(topic, 0, 10_000).getHighWatermark()).isEqualTo(1);
  }

  @Test
  void S08_acksNoneReportsFailuresOnly() {
    ByteString topic = api.topic("fire-and-forget", 2, Map.of());
    ProduceResponse response =
        api.producer.produce(
            ProduceRequest.newBuilder()
                .setAcks(Acks.ACKS_NONE)
                .addBatches(Api.partitionBatch(topic, 0, Api.batch("a")))
                .addBatches(Api.partitionBatch(topic, 1, Api.flipped(Api.batch("b"), 64)))
                .build());
    assertThat(response.getResultsList()).hasSize(1);
    assertThat(response.getResults(0).getPartition()).isEqualTo(1);
    assertThat(Api.code(response.getResults(0).getError())).isEqualTo("CORRUPT_BATCH");
  }

  @Test
  void S23_refusesBatchesThatAreTooLargeOrUnpackToTooMuch() {
    ByteString topic = api.topic("bounded", 1, Map.of("max.message.bytes", "2KB"));
    assertThat(Api.code(api.produce(topic, Api.batch("x".repeat(4_000))).getError()))
        .isEqualTo("BATCH_TOO_LARGE");
    ByteString bomb = Api.batch(Compression.ZSTD, now(), "0".repeat(2 << 20));
    assertThat(bomb.size()).isLessThan(2_000);
    assertThat(Api.code(api.produce(topic, bomb).getError())).isEqualTo("DECOMPRESSED_TOO_LARGE");
    assertThat(api.produce(topic, Api.batch("fits")).getBaseOffset()).isZero();
  }

  @Test
  void S24_oneBadBatchFailsAloneAndNamesItsRecords() {
    ByteString topic = api.topic("mixed", 3, Map.of());
    ByteString future = Api.batch(Compression.NONE, now() + 7_200_000, "late");
    ProduceResponse response =
        api.producer.produce(
            ProduceRequest.newBuilder()
                .setAcks(Acks.ACKS_ALL)
                .addBatches(Api.partitionBatch(topic, 0, Api.batch("good")))
                .addBatches(Api.partitionBatch(topic, 1, future))
                .addBatches(Api.partitionBatch(topic, 2, Api.batch("good")))
                .build());
    assertThat(response.getResults(0).hasError()).isFalse();
    assertThat(Api.code(response.getResults(1).getError())).isEqualTo("INVALID_TIMESTAMP");
    assertThat(response.getResults(1).getRecordErrors(0).getRecordIndex()).isZero();
    assertThat(response.getResults(2).hasError()).isFalse();
  }

  @Test
  void S24_refusesWhatIsNoBatchOfAClient() {
    ByteString topic = api.topic("malformed");
    ByteString good = Api.batch("a", "b");
    assertThat(codeOf(topic, good.substring(0, good.size() - 1))).isEqualTo("CORRUPT_BATCH");
    assertThat(codeOf(topic, good.substring(0, 30))).isEqualTo("CORRUPT_BATCH");
    assertThat(codeOf(topic, ByteString.EMPTY)).isEqualTo("CORRUPT_BATCH");
    assertThat(codeOf(topic, good.concat(good))).isEqualTo("CORRUPT_BATCH");
    assertThat(codeOf(topic, Api.flipped(good, 18))).isEqualTo("CORRUPT_BATCH");
    assertThat(codeOf(topic, Api.flipped(good, 16))).isEqualTo("UNSUPPORTED_BATCH_FORMAT");
    assertThat(api.produce(topic, good).getBaseOffset()).isZero();
  }

  @Test
  void S27_logAppendTimeIsTheBrokers() {
    ByteString topic = api.topic("stamped", 1, Map.of("message.timestamp.type", "LogAppendTime"));
    long before = now();
    PartitionProduceResult result = api.produce(topic, Api.batch(Compression.LZ4, 1_000, "a"));
    assertThat(result.getLogAppendTimeMs()).isBetween(before, now());
    ByteString plain = api.topic("not-stamped");
    assertThat(api.produce(plain, Api.batch("a")).getLogAppendTimeMs()).isEqualTo(-1);
  }

  @Test
  void S28_aRepeatIsAnsweredWithItsFirstOffsetsAndAGapIsRefused() {
    ByteString topic = api.topic("idempotent");
    long id = initProducer(0, 0).getProducerId();
    assertThat(api.produce(topic, Api.idempotent(id, 0, 0, "a", "b")).getBaseOffset()).isZero();
    assertThat(api.produce(topic, Api.idempotent(id, 0, 2, "c")).getBaseOffset()).isEqualTo(2);
    PartitionProduceResult repeat = api.produce(topic, Api.idempotent(id, 0, 0, "a", "b"));
    assertThat(repeat.getDuplicate()).isTrue();
    assertThat(repeat.getBaseOffset()).isZero();
    assertThat(repeat.getLastOffset()).isEqualTo(1);
    assertThat(Api.code(api.produce(topic, Api.idempotent(id, 0, 9, "x")).getError()))
        .isEqualTo("OUT_OF_ORDER_SEQUENCE");
    assertThat(api.produce(topic, Api.idempotent(id, 1, 0, "d")).getBaseOffset()).isEqualTo(3);
    assertThat(Api.code(api.produce(topic, Api.idempotent(id, 0, 3, "x")).getError()))
        .isEqualTo("INVALID_PRODUCER_EPOCH");
  }

  @Test
  void producerIdsAreNeverGivenOutTwice() {
    InitProducerResponse first = initProducer(0, 0);
    InitProducerResponse second = initProducer(0, 0);
    assertThat(first.getProducerId()).isPositive();
    assertThat(second.getProducerId()).isNotEqualTo(first.getProducerId());
    assertThat(initProducer(first.getProducerId(), 4).getProducerEpoch()).isEqualTo(5);
    InitProducerResponse wrapped = initProducer(first.getProducerId(), 32_767);
    assertThat(wrapped.getProducerEpoch()).isZero();
    assertThat(wrapped.getProducerId()).isGreaterThan(second.getProducerId());
    Api.refused(
        ErrorCode.TRANSACTIONS_NOT_ENABLED,
        Status.Code.UNIMPLEMENTED,
        () ->
            api.producer.initProducer(
                InitProducerRequest.newBuilder().setTransactionalId("t").build()));
  }

  @Test
  void saysWhatIsWrongWithARequestAsAWhole() {
    ByteString topic = api.topic("addressed");
    ByteString unknown = ByteString.copyFrom(new byte[16]);
    assertThat(codeOf(unknown, Api.batch("a"))).isEqualTo("UNKNOWN_TOPIC_ID");
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () -> api.produce(ByteString.copyFromUtf8("short"), Api.batch("a")));
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () ->
            api.producer.produce(
                ProduceRequest.newBuilder()
                    .setAcks(Acks.ACKS_ALL)
                    .addBatches(Api.partitionBatch(topic, 0, Api.batch("a")))
                    .addBatches(Api.partitionBatch(topic, 0, Api.batch("b")))
                    .build()));
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () -> api.producer.produce(ProduceRequest.newBuilder().setAcks(Acks.ACKS_ALL).build()));
    ProduceResponse response =
        api.producer.produce(
            ProduceRequest.newBuilder()
                .setAcks(Acks.ACKS_ALL)
                .addBatches(Api.partitionBatch(topic, 7, Api.batch("a")))
                .build());
    assertThat(Api.code(response.getResults(0).getError())).isEqualTo("UNKNOWN_PARTITION");
  }

  @Test
  void publishPutsKeysWhereTheSdksPutThem() {
    api.topic("published", 5, Map.of());
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("published");
    for (int i = 0; i < 50; i++) {
      request.addRecords(
          PublishRecord.newBuilder()
              .setKey(ByteString.copyFromUtf8("key-" + i))
              .setValue(ByteString.copyFromUtf8("value-" + i)));
    }
    PublishResponse response = api.producer.publish(request.build());
    for (int i = 0; i < 50; i++) {
      ByteBuffer key = ByteBuffer.wrap(("key-" + i).getBytes(StandardCharsets.UTF_8));
      PublishResult result = response.getResults(i);
      assertThat(result.hasError()).isFalse();
      assertThat(result.getPartition()).isEqualTo(KeyPartitioner.partitionFor(key, 5));
    }
  }

  @Test
  void publishRefusesWhatItCannotDo() {
    api.topic("published-badly");
    Api.refused(
        ErrorCode.UNKNOWN_TOPIC,
        Status.Code.NOT_FOUND,
        () -> publish(PublishRequest.newBuilder().setTopic("nowhere")));
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () ->
            api.producer.publish(PublishRequest.newBuilder().setTopic("published-badly").build()));
    Api.refused(
        ErrorCode.UNSUPPORTED,
        Status.Code.UNIMPLEMENTED,
        () -> publish(PublishRequest.newBuilder().setTopic("published-badly").setPublisherId("p")));
    PublishResponse late =
        api.producer.publish(
            PublishRequest.newBuilder()
                .setTopic("published-badly")
                .addRecords(PublishRecord.newBuilder().setTimestampMs(now() + 7_200_000))
                .build());
    assertThat(Api.code(late.getResults(0).getError())).isEqualTo("INVALID_TIMESTAMP");
    assertThat(late.getResults(0).getOffset()).isEqualTo(-1);
  }

  @Test
  void publishPacksWhatIsTooMuchForOneBatchIntoSeveral() {
    ByteString topic = api.topic("packed", 1, Map.of("max.message.bytes", "1000"));
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("packed");
    for (int i = 0; i < 20; i++) {
      int bytes = i == 7 ? 1_000 : i == 13 ? 920 : 300;
      request.addRecords(PublishRecord.newBuilder().setValue(value(i, bytes)));
    }
    List<PublishResult> results = api.producer.publish(request.build()).getResultsList();
    List<Long> offsets = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      PublishResult result = results.get(i);
      assertThat(Api.code(result.getError()))
          .as("record %d", i)
          .isEqualTo(i == 7 ? "BATCH_TOO_LARGE" : "UNSPECIFIED");
      offsets.add(result.getOffset());
    }
    assertThat(offsets.remove(7)).isEqualTo(-1);
    assertThat(offsets).containsExactlyElementsOf(LongStream.range(0, 19).boxed().toList());
    assertThat(batchesIn(topic)).as("batches").hasSize(11);
  }

  private static ByteString value(int number, int bytes) {
    byte[] value = new byte[bytes];
    value[0] = (byte) number;
    return ByteString.copyFrom(value);
  }

  private static Iterable<RecordBatch> batchesIn(ByteString topic) {
    ByteString records = api.fetch(topic, 0, 0).getRecords();
    return RecordBatches.split(records.asReadOnlyByteBuffer());
  }

  @Test
  void publishRefusesNegativeTimestampsAndTakesTheRecordsBeside() {
    api.topic("published-early");
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic("published-early");
    for (long timestampMs : new long[] {now(), -7, 0, -1}) {
      request.addRecords(PublishRecord.newBuilder().setTimestampMs(timestampMs));
    }
    List<PublishResult> results = api.producer.publish(request.build()).getResultsList();
    assertThat(results)
        .extracting(result -> Api.code(result.getError()))
        .containsExactly("UNSPECIFIED", "INVALID_TIMESTAMP", "UNSPECIFIED", "INVALID_TIMESTAMP");
    assertThat(results).extracting(PublishResult::getOffset).containsExactly(0L, -1L, 1L, -1L);
    assertThat(results.get(1).getError().getMessage())
        .isEqualTo("records[1].timestamp_ms: -7 (expected: >= 0, or absent)");
  }

  @ParameterizedTest
  @ValueSource(longs = {999_999_999, Long.MAX_VALUE, -1})
  void aProducerIdThatWasNeverGivenOutIsRefused(long id) {
    assertThatThrownBy(() -> initProducer(id, 0)).hasMessageContaining("producer_id: " + id);
    Api.refused(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, () -> initProducer(id, 0));
    long given = initProducer(0, 0).getProducerId();
    Api.refused(
        ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, () -> initProducer(given, 32_768));
  }

  private static void publish(PublishRequest.Builder request) {
    api.producer.publish(request.addRecords(PublishRecord.getDefaultInstance()).build());
  }

  private static InitProducerResponse initProducer(long id, int epoch) {
    return api.producer.initProducer(
        InitProducerRequest.newBuilder().setProducerId(id).setProducerEpoch(epoch).build());
  }

  private static String codeOf(ByteString topic, ByteString batch) {
    return Api.code(api.produce(topic, batch).getError());
  }

  private static long now() {
    return System.currentTimeMillis();
  }
}
