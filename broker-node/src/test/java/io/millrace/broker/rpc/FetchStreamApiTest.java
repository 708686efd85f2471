package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.FetchCredits;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PausePartition;
import io.millrace.proto.v1.SubscribePartition;
import io.millrace.proto.v1.UnsubscribePartition;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetch streams: credits, subscriptions, seek, pause; rows S01, S04 and S22 on them. */
class FetchStreamApiTest {
  private static final long PLENTY = 1 << 20;

  @TempDir static Path data;

  private static TestNode node;
  private static Api api;

  private final Recorder<FetchStreamRequest, FetchStreamResponse> pushed = new Recorder<>();
  private StreamObserver<FetchStreamRequest> stream;

  @BeforeAll
  static void start() {
    node = TestNode.start(data);
    api = new Api(node.channel());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @BeforeEach
  void connect() {
    stream = FetchServiceGrpc.newStub(node.channel()).fetchStream(pushed);
  }

  @Test
  void pushesWhatIsThereAndWhatComes() throws Exception {
    ByteString topic = api.topic("pushed", 2, Map.of());
    api.produce(topic, Api.batch("a"));
    open(PLENTY);
    subscribe(1, topic, 0, 0);
    subscribe(2, topic, 1, 0);
    int records = 0;
    for (int i = 0; i < 2; i++) {
      records += pushed.next().getData().getRecords().isEmpty() ? 0 : 1;
    }
    assertThat(records).isEqualTo(1);
    api.produce(topic, Api.batch("b"));
    FetchStreamResponse next = pushed.next();
    assertThat(next.getSubscriptionId()).isEqualTo(1);
    assertThat(next.getData().getHighWatermark()).isEqualTo(2);
    assertThat(next.getData().getRecords().isEmpty()).isFalse();
    stream.onCompleted();
    pushed.awaitEnd();
    assertThat(pushed.error).isNull();
  }

  @Test
  void sendsNoMoreThanItsCredits() throws Exception {
    ByteString topic = api.topic("credited");
    ByteString batch = Api.batch("x".repeat(1_000));
    for (int i = 0; i < 5; i++) {
      api.produce(topic, batch);
    }
    open(2L * batch.size());
    subscribe(1, topic, 0, 0);
    int received = 0;
    while (received < 2 * batch.size()) {
      received += pushed.next().getData().getRecords().size();
    }
    assertThat(received).isEqualTo(2 * batch.size());
    assertThat(pushed.silentFor(200)).isTrue();
    credits(3L * batch.size());
    while (received < 5 * batch.size()) {
      received += pushed.next().getData().getRecords().size();
    }
    assertThat(received).isEqualTo(5 * batch.size());
  }

  @Test
  void S22_aFirstBatchLargerThanTheCreditsComesAllTheSame() throws Exception {
    ByteString topic = api.topic("larger-than-credits");
    ByteString batch = Api.batch("x".repeat(10_000));
    api.produce(topic, batch);
    api.produce(topic, batch);
    open(1);
    subscribe(1, topic, 0, 0);
    assertThat(pushed.next().getData().getRecords().size()).isEqualTo(batch.size());
    credits(1);
    assertThat(pushed.silentFor(200)).isTrue();
    credits(batch.size());
    assertThat(pushed.next().getData().getRecords().size()).isEqualTo(batch.size());
  }

  @Test
  void S04_aPausedReaderStillLearnsOfTheHighWatermark() throws Exception {
    ByteString topic = api.topic("paused");
    open(PLENTY);
    subscribe(1, topic, 0, 0);
    assertThat(pushed.next().getData().getHighWatermark()).isZero();
    pause(1, true);
    api.produce(topic, Api.batch("a"));
    FetchStreamResponse update = pushed.next();
    assertThat(update.getData().getHighWatermark()).isEqualTo(1);
    assertThat(update.getData().getRecords().isEmpty()).isTrue();
    pause(1, false);
    assertThat(pushed.next().getData().getRecords().isEmpty()).isFalse();
  }

  @Test
  void subscribingAgainSeeks() throws Exception {
    ByteString topic = api.topic("sought");
    api.produce(topic, Api.batch("a"));
    api.produce(topic, Api.batch("b"));
    open(PLENTY);
    subscribe(1, topic, 0, 1);
    int batchBytes = pushed.next().getData().getRecords().size();
    subscribe(2, topic, 0, 0);
    FetchStreamResponse all = pushed.next();
    assertThat(all.getSubscriptionId()).isEqualTo(2);
    assertThat(all.getData().getRecords().size()).isEqualTo(2 * batchBytes);
    unsubscribe(2);
    api.produce(topic, Api.batch("c"));
    assertThat(pushed.silentFor(200)).isTrue();
  }

  @Test
  void S01_anErrorEndsItsSubscriptionAndNoOther() throws Exception {
    ByteString topic = api.topic("failing", 2, Map.of());
    open(PLENTY);
    subscribe(1, topic, 0, 99);
    FetchStreamResponse failed = pushed.next();
    assertThat(failed.getSubscriptionId()).isEqualTo(1);
    assertThat(Api.code(failed.getData().getError())).isEqualTo("OFFSET_OUT_OF_RANGE");
    subscribe(2, topic, 7, 0);
    assertThat(Api.code(pushed.next().getData().getError())).isEqualTo("UNKNOWN_PARTITION");
    subscribe(3, topic, 1, 0);
    assertThat(pushed.next().getData().hasError()).isFalse();
  }

  @Test
  void breakingTheProtocolEndsTheStream() throws Exception {
    ByteString topic = api.topic("rude");
    subscribe(1, topic, 0, 0);
    pushed.awaitEnd();
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, pushed.error);
  }

  @Test
  void subscriptionIdsMustRise() throws Exception {
    ByteString topic = api.topic("numbered");
    open(PLENTY);
    subscribe(5, topic, 0, 0);
    pushed.next();
    subscribe(5, topic, 0, 0);
    pushed.awaitEnd();
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, pushed.error);
  }

  private void open(long credits) {
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setOpen(FetchStreamOpen.newBuilder().setCreditBytes(credits))
            .build());
  }

  private void subscribe(long id, ByteString topic, int partition, long offset) {
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setSubscribe(
                SubscribePartition.newBuilder()
                    .setSubscriptionId(id)
                    .setPartition(Api.at(topic, partition, offset)))
            .build());
  }

  private void unsubscribe(long id) {
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setUnsubscribe(UnsubscribePartition.newBuilder().setSubscriptionId(id))
            .build());
  }

  private void pause(long id, boolean paused) {
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setPause(PausePartition.newBuilder().setSubscriptionId(id).setPaused(paused))
            .build());
  }

  private void credits(long bytes) {
    stream.onNext(
        FetchStreamRequest.newBuilder()
            .setCredits(FetchCredits.newBuilder().setBytes(bytes))
            .build());
  }
}
