package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.proto.v1.SubscriptionServiceGrpc;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The thin way to read: structured records, from a position on. */
class TailApiTest {
  @TempDir static Path data;

  private static TestNode node;
  private static Api api;

  @BeforeAll
  static void start() {
    node = TestNode.start(data);
    api = new Api(node.channel());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @Test
  void S26_showsRecordsOfEveryCodecFromTheOffsetOnWithoutThePrefix() {
    ByteString topic = api.topic("codecs");
    int number = 0;
    for (Compression codec : Compression.values()) {
      api.produce(topic, Api.batch(codec, 1_000 + number, "r" + number++, "r" + number++));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 3; i < number; i++) {
      expected.add(i + "=r" + i);
    }
    assertThat(tail(TailStart.newBuilder().setOffset(3), 0, "codecs")).isEqualTo(expected);
    assertThat(tail(TailStart.newBuilder().setTimestampMs(1_002), 2, "codecs"))
        .containsExactly("2=r2", "3=r3");
    assertThat(tail(TailStart.newBuilder().setLatest(true), 0, "codecs")).isEmpty();
  }

  @Test
  void aStartThatChoosesNothingOrIsNegativeIsRefusedByName() {
    api.topic("startless");
    refusedStart("start.earliest: false", TailStart.newBuilder().setEarliest(false));
    refusedStart("start.latest: false", TailStart.newBuilder().setLatest(false));
    refusedStart("start.offset: -1", TailStart.newBuilder().setOffset(-1));
    refusedStart("start.timestamp_ms: -1", TailStart.newBuilder().setTimestampMs(-1));
  }

  private static void refusedStart(String what, TailStart.Builder start) {
    assertThatThrownBy(() -> tail(start, 0, "startless"))
        .hasMessageContaining(what)
        .satisfies(
            thrown -> Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, thrown));
  }

  @Test
  void followsWhatComesUntilTheClientGoes() throws Exception {
    ByteString topic = api.topic("followed", 2, Map.of());
    Recorder<TailRequest, TailResponse> records = new Recorder<>();
    SubscriptionServiceGrpc.newStub(node.channel())
        .tail(
            TailRequest.newBuilder()
                .setTopic("followed")
                .setStart(TailStart.newBuilder().setEarliest(true))
                .setMaxRecords(3)
                .build(),
            records);
    api.produce(topic, Api.batch("a"));
    assertThat(records.next().getRecords(0).getValue().toStringUtf8()).isEqualTo("a");
    api.produce(topic, Api.batch("b", "c", "d"));
    assertThat(records.next().getRecordsList()).hasSize(2);
    records.awaitEnd();
    assertThat(records.error).isNull();
  }

  @Test
  void refusesWhatItCannotBegin() {
    api.topic("short-tail");
    refused(ErrorCode.UNKNOWN_TOPIC, Status.Code.NOT_FOUND, TailRequest.newBuilder().setTopic("x"));
    refused(
        ErrorCode.UNKNOWN_PARTITION,
        Status.Code.NOT_FOUND,
        TailRequest.newBuilder().setTopic("short-tail").addPartitions(4));
    refused(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        Status.Code.OUT_OF_RANGE,
        TailRequest.newBuilder()
            .setTopic("short-tail")
            .setStart(TailStart.newBuilder().setOffset(5)));
    refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        TailRequest.newBuilder().setTopic("short-tail").setMaxRecords(-1));
  }

  private static void refused(ErrorCode code, Status.Code status, TailRequest.Builder request) {
    Api.refused(code, status, () -> api.subscriptions.tail(request.build()).hasNext());
  }

  private static List<String> tail(TailStart.Builder start, long max, String topic) {
    List<String> records = new ArrayList<>();
    api.subscriptions
        .tail(
            TailRequest.newBuilder()
                .setTopic(topic)
                .setStart(start)
                .setMaxRecords(max)
                .setStopAtEnd(true)
                .build())
        .forEachRemaining(
            message ->
                message
                    .getRecordsList()
                    .forEach(r -> records.add(r.getOffset() + "=" + r.getValue().toStringUtf8())));
    return records;
  }
}
