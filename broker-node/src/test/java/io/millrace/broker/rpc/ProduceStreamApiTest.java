package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.server.LimitSettings;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamOpened;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.ResumePartition;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows S08 and S28b, order and back-pressure, as a client of the produce stream meets them. */
class ProduceStreamApiTest {
  private static final int BUDGET = 64 << 10;
  private static final int MAX_PARTITIONS = 8;
  private static final int MAX_STREAMS = 2;

  @TempDir Path data;

  private final SlowDisk disk = new SlowDisk();
  private final Recorder<ProduceStreamRequest, ProduceStreamResponse> answers = new Recorder<>();
  private final List<ProduceFrameResult> results = new ArrayList<>();
  private TestNode node;
  private Api api;
  private StreamObserver<ProduceStreamRequest> stream;
  private long frameId;

  @BeforeEach
  void start() {
    node =
        TestNode.start(
            data,
            disk.store,
            settings ->
                settings
                    .set(LimitSettings.CONNECTION_IN_FLIGHT_BYTES, (long) BUDGET)
                    .set(LimitSettings.MAX_PRODUCE_STREAMS, MAX_STREAMS)
                    .set(LimitSettings.MAX_FETCH_SUBSCRIPTIONS, MAX_PARTITIONS));
    api = new Api(node.channel());
    stream = ProducerServiceGrpc.newStub(node.channel()).produceStream(answers);
  }

  @AfterEach
  void stop() throws InterruptedException {
    disk.release();
    node.close();
  }

  @Test
  void S28b_afterAFailedFrameThePartitionWaitsForItsResume() throws Exception {
    ByteString topic = api.topic("pipeline", 2, Map.of());
    open(Acks.ACKS_ALL);
    send(topic, 0, Api.idempotent(7, 0, 0, "a"));
    send(topic, 0, Api.flipped(Api.idempotent(7, 0, 1, "b"), 64));
    send(topic, 0, Api.idempotent(7, 0, 2, "c"));
    send(topic, 1, Api.idempotent(7, 0, 0, "other"));
    Map<Long, ProduceFrameResult> first = take(4);
    assertThat(first.get(1L).getResult().getBaseOffset()).isZero();
    assertThat(code(first.get(2L))).isEqualTo("CORRUPT_BATCH");
    assertThat(code(first.get(3L))).isEqualTo("PREVIOUS_FRAME_FAILED");
    assertThat(first.get(4L).getResult().hasError()).isFalse();

    resume(topic, 0, 1);
    send(topic, 0, Api.idempotent(7, 0, 2, "c"));
    resume(topic, 0, 1);
    send(topic, 0, Api.idempotent(7, 0, 1, "b"));
    send(topic, 0, Api.idempotent(7, 0, 2, "c"));
    Map<Long, ProduceFrameResult> second = take(3);
    assertThat(code(second.get(5L))).isEqualTo("PREVIOUS_FRAME_FAILED");
    assertThat(second.get(6L).getResult().getBaseOffset()).isEqualTo(1);
    assertThat(second.get(7L).getResult().getBaseOffset()).isEqualTo(2);
  }

  @Test
  void S28b_aPartitionThatIsNotHereStopsItsPipelineToo() throws Exception {
    ByteString topic = api.topic("small");
    open(Acks.ACKS_LEADER);
    send(topic, 5, Api.batch("a"));
    send(topic, 5, Api.batch("b"));
    send(topic, 0, Api.batch("c"));
    Map<Long, ProduceFrameResult> answered = take(3);
    assertThat(code(answered.get(1L))).isEqualTo("UNKNOWN_PARTITION");
    assertThat(code(answered.get(2L))).isEqualTo("PREVIOUS_FRAME_FAILED");
    assertThat(answered.get(3L).getResult().hasError()).isFalse();
    resume(topic, 5, -1);
    send(topic, 5, Api.batch("a"));
    assertThat(code(take(1).get(4L))).isEqualTo("UNKNOWN_PARTITION");
  }

  @Test
  void S08_withAcksNoneOnlyFailuresAreTold() throws Exception {
    ByteString topic = api.topic("silent");
    open(Acks.ACKS_NONE);
    send(topic, 0, Api.batch("a"));
    send(topic, 0, Api.flipped(Api.batch("b"), 64));
    Map<Long, ProduceFrameResult> told = take(1);
    assertThat(code(told.get(2L))).isEqualTo("CORRUPT_BATCH");
    stream.onCompleted();
    answers.awaitEnd();
    assertThat(answers.messages).isEmpty();
    assertThat(api.fetch(topic, 0, 5_000).getHighWatermark()).isEqualTo(1);
    assertThat(metric("millrace_produce_failed_batches_total{code=\"CORRUPT_BATCH\"}"))
        .isEqualTo(1);
  }

  @Test
  void resultsOfAPartitionComeInTheOrderOfItsFrames() throws Exception {
    ByteString topic = api.topic("ordered", 1, Map.of("flush.mode", "commit"));
    open(Acks.ACKS_ALL);
    disk.hold();
    send(topic, 0, Api.batch("parked"));
    send(topic, 0, Api.flipped(Api.batch("refused at once"), 64));
    assertThat(answers.silentFor(300)).isTrue();
    disk.release();
    take(2);
    assertThat(results).extracting(ProduceFrameResult::getFrameId).containsExactly(1L, 2L);
  }

  @Test
  void aFloodIsNotReadFurtherThanTheBudget() throws Exception {
    ByteString topic = api.topic("flooded", 1, Map.of("flush.mode", "commit"));
    open(Acks.ACKS_ALL);
    disk.hold();
    int frames = 60;
    int frameBytes = 8 << 10;
    for (int i = 0; i < frames; i++) {
      send(topic, 0, Api.batch("x".repeat(frameBytes)));
    }
    await().until(() -> metric("millrace_produce_in_flight_bytes") >= BUDGET);
    // What counts is the pooled array that a frame lies in.
    assertThat(metric("millrace_produce_in_flight_bytes")).isLessThan(BUDGET + 3.0 * frameBytes);
    disk.release();
    assertThat(take(frames).values())
        .allSatisfy(r -> assertThat(r.getResult().hasError()).isFalse());
    await().until(() -> metric("millrace_produce_in_flight_bytes") == 0);
  }

  @Test
  void aStreamOverTheMostPartitionsLeavesNothingInTheBudget() throws Exception {
    ByteString topic = api.topic("sprawling");
    ByteString batch = Api.batch("a");
    open(Acks.ACKS_LEADER);
    for (int partition = 0; partition <= MAX_PARTITIONS; partition++) {
      send(topic, partition, batch);
    }
    answers.awaitEnd();
    Api.refusal(ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, answers.error);
    await().until(() -> metric("millrace_produce_in_flight_bytes") == 0);
  }

  @Test
  void aStreamOverTheMostStreamsIsToldSo() throws Exception {
    open(Acks.ACKS_LEADER);
    StreamObserver<ProduceStreamRequest> second =
        ProducerServiceGrpc.newStub(node.channel()).produceStream(new Recorder<>());
    Recorder<ProduceStreamRequest, ProduceStreamResponse> third = new Recorder<>();
    ProducerServiceGrpc.newStub(node.channel()).produceStream(third);
    third.awaitEnd();
    Api.refusal(ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, third.error);
    second.onCompleted();
  }

  @Test
  void anotherStreamLivesOnWhenOneBreaksTheProtocol() throws Exception {
    ByteString topic = api.topic("neighbour");
    Recorder<ProduceStreamRequest, ProduceStreamResponse> rude = new Recorder<>();
    StreamObserver<ProduceStreamRequest> rudeStream =
        ProducerServiceGrpc.newStub(node.channel()).produceStream(rude);
    open(Acks.ACKS_ALL);
    rudeStream.onNext(frame(1, topic, 0, Api.batch("before open")));
    rude.awaitEnd();
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, rude.error);
    send(topic, 0, Api.batch("a"));
    assertThat(take(1).get(1L).getResult().getBaseOffset()).isZero();
  }

  @Test
  void frameIdsMustRise() throws Exception {
    ByteString topic = api.topic("rising");
    open(Acks.ACKS_ALL);
    send(topic, 0, Api.batch("a"));
    stream.onNext(frame(1, topic, 0, Api.batch("b")));
    answers.awaitEnd();
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, answers.error);
  }

  @Test
  void aRepeatedFrameIdEndsTheStreamAfterTheResultsOfTheFramesBefore() throws Exception {
    ByteString topic = api.topic("repeated", 1, Map.of("flush.mode", "commit"));
    open(Acks.ACKS_ALL);
    disk.hold();
    send(topic, 0, Api.batch("a"));
    send(topic, 0, Api.batch("b"));
    stream.onNext(frame(2, topic, 0, Api.batch("c")));
    disk.release();
    assertThat(take(2).values()).allSatisfy(r -> assertThat(r.getResult().hasError()).isFalse());
    answers.awaitEnd();
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, answers.error);
    assertThat(api.fetch(topic, 0, 0).getHighWatermark()).isEqualTo(2);
    await().until(() -> metric("millrace_produce_in_flight_bytes") == 0);
  }

  @Test
  void aServerThatShutsDownAnswersWhatItReadAndThenEndsTheStream() throws Exception {
    ByteString topic = api.topic("ending");
    open(Acks.ACKS_ALL);
    send(topic, 0, Api.batch("a"));
    assertThat(take(1).get(1L).getResult().hasError()).isFalse();
    node.server().close();
    answers.awaitEnd();
    Api.refusal(ErrorCode.UNAVAILABLE, Status.Code.UNAVAILABLE, answers.error);
  }

  private void open(Acks acks) throws InterruptedException {
    stream.onNext(
        ProduceStreamRequest.newBuilder()
            .setOpen(ProduceStreamOpen.newBuilder().setAcks(acks))
            .build());
    ProduceStreamOpened opened = answers.next().getOpened();
    assertThat(opened.getMaxInFlightBytes()).isEqualTo(BUDGET);
    assertThat(opened.getMaxPartitions()).isEqualTo(MAX_PARTITIONS);
  }

  private void send(ByteString topic, int partition, ByteString batch) {
    stream.onNext(frame(++frameId, topic, partition, batch));
  }

  private static ProduceStreamRequest frame(
      long id, ByteString topic, int partition, ByteString batch) {
    return ProduceStreamRequest.newBuilder()
        .setFrame(
            ProduceFrame.newBuilder()
                .setFrameId(id)
                .setBatch(Api.partitionBatch(topic, partition, batch)))
        .build();
  }

  private void resume(ByteString topic, int partition, int nextSequence) {
    stream.onNext(
        ProduceStreamRequest.newBuilder()
            .setResume(
                ResumePartition.newBuilder()
                    .setTopicId(topic)
                    .setPartition(partition)
                    .setNextSequence(nextSequence))
            .build());
  }

  private Map<Long, ProduceFrameResult> take(int count) throws InterruptedException {
    Map<Long, ProduceFrameResult> taken = new java.util.HashMap<>();
    while (taken.size() < count) {
      for (ProduceFrameResult result : answers.next().getResults().getResultsList()) {
        results.add(result);
        taken.put(result.getFrameId(), result);
      }
    }
    return taken;
  }

  private static String code(ProduceFrameResult result) {
    return Api.code(result.getResult().getError());
  }

  private double metric(String name) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.server().adminPort() + "/metrics");
    String page =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return page.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }
}
