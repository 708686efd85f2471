package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.SubscribePartition;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What fetch streams hold while nobody reads them, and what becomes of them without memory. */
class FetchStreamMemoryTest {
  private static final int BUDGET = 2_000;

  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final LogHost log = partitions.topic("orders", 1).get(0);
  private final ByteString topic = Uuids.toBytes(log.id().topicId());
  private final InFlightBytes budget = InFlightBytes.total(BUDGET);

  @Test
  void aMessageThatIsNotReadCountsAndFurtherStreamsWait() {
    int bytes = log.append(Compression.NONE, "x".repeat(1_500));
    FakeCall<FetchFrame> first = stream(1);
    FakeCall<FetchFrame> second = stream(1);
    assertThat(budget.used()).as("passed by one message").isEqualTo(2L * bytes);
    FakeCall<FetchFrame> third = stream(1);
    assertThat(third.unread).isEmpty();
    assertThat(third.error).isNull();
    assertThat(first.read()).hasSize(1);
    assertThat(third.unread).hasSize(1);
    assertThat(budget.used()).isEqualTo(2L * bytes);
    second.read();
    third.read();
    assertThat(budget.used()).isZero();
  }

  @Test
  void aStreamThatWaitsGoesOnWithoutAGap() {
    log.append(Compression.NONE, "a");
    budget.add(BUDGET);
    FakeCall<FetchFrame> call = stream(10);
    log.append(Compression.NONE, "b");
    assertThat(call.unread).isEmpty();
    budget.release(1);
    assertThat(call.unread.stream().mapToInt(FetchFrame::recordBytes).sum())
        .isEqualTo(log.append(Compression.NONE, "c") * 2);
    assertThat(call.read()).hasSize(2);
    assertThat(budget.used()).isEqualTo(BUDGET - 1);
  }

  @Test
  void aStreamThatIsCancelledWhileItWaitsIsNotWoken() {
    log.append(Compression.NONE, "a");
    budget.add(BUDGET);
    FakeCall<FetchFrame> call = stream(1);
    call.cancel();
    budget.release(BUDGET);
    assertThat(call.unread).isEmpty();
    assertThat(budget.used()).isZero();
  }

  @Test
  void aLoneStreamSendsAMessageThatIsLargerThanTheBudget() {
    int bytes = log.append(Compression.NONE, "x".repeat(3 * BUDGET));
    FakeCall<FetchFrame> call = stream(1);
    assertThat(call.unread).hasSize(1);
    assertThat(budget.used()).isEqualTo(bytes);
    call.cancel();
    assertThat(budget.used()).isZero();
  }

  @Test
  void aMessageThatIsWrittenAtOnceDoesNotCount() {
    log.append(Compression.NONE, "x".repeat(3 * BUDGET));
    FakeCall<FetchFrame> call = stream(10);
    assertThat(call.unread).hasSize(1);
    assertThat(budget.used()).isZero();
  }

  @Test
  void aMessageCountsAfterTheEndOfItsStreamUntilTheTransportHasWrittenIt() {
    int bytes = log.append(Compression.NONE, "x");
    FakeCall<FetchFrame> call = stream(1);
    deps.streams().endAll();
    assertThat(call.ended()).isTrue();
    assertThat(budget.used()).isEqualTo(bytes);
    call.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void streamsAndTailsOverTheBoundAreRefusedUntilOneEnds() {
    FakeCall<FetchFrame> first = stream(1);
    stream(1);
    FakeCall<TailResponse> tail = tail();
    assertThatThrownBy(() -> stream(1))
        .hasMessageContaining("streams of this kind on this server: 3")
        .hasMessageContaining("max.fetch.streams");
    assertThatThrownBy(this::tail).hasMessageContaining("max.fetch.streams");
    first.cancel();
    stream(1);
    tail.cancel();
    stream(1);
    assertThatThrownBy(() -> stream(1)).hasMessageContaining("max.fetch.streams");
  }

  @Test
  void aTransportWithoutMemoryEndsThatStreamOnly() {
    FakeCall<FetchFrame> call = stream(10);
    call.fault = directMemory();
    log.append(Compression.NONE, "a");
    Api.refusal(ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, call.error);
    assertEndedInOrder(call);
  }

  @Test
  void aTransportWithoutMemoryEndsThatTailOnly() {
    FakeCall<TailResponse> call = tail();
    call.fault = directMemory();
    log.append(Compression.NONE, "a");
    Api.refusal(ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, call.error);
    assertEndedInOrder(call);
  }

  @Test
  void aTransportWithoutMemoryEndsThatFetchOnly() {
    FakeCall<FetchResponse> call = fetch();
    call.fault = directMemory();
    log.append(Compression.NONE, "a");
    Api.refusal(ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, call.error);
    assertEndedInOrder(call);
  }

  @Test
  void anyOtherErrorEndsTheCallAndIsThrownOn() {
    FakeCall<FetchFrame> stream = stream(10);
    stream.fault = new InternalError("anything else");
    assertThatThrownBy(() -> log.append(Compression.NONE, "a")).isSameAs(stream.fault);
    assertEndedInOrder(stream);
    FakeCall<TailResponse> tail = new FakeCall<>(1);
    tail.fault = stream.fault;
    assertThatThrownBy(() -> tail(tail)).isSameAs(tail.fault);
    assertEndedInOrder(tail);
    FakeCall<FetchResponse> fetch = new FakeCall<>(1);
    fetch.fault = stream.fault;
    assertThatThrownBy(() -> fetch(fetch)).isSameAs(fetch.fault);
    assertEndedInOrder(fetch);
  }

  private void assertEndedInOrder(FakeCall<?> call) {
    assertThat(log.listeners()).isZero();
    call.close();
    assertThat(budget.used()).isZero();
    List<FakeCall<FetchFrame>> others = new ArrayList<>();
    for (int i = 0; i < FakePartitions.MOST_STREAMS; i++) {
      others.add(stream(1));
    }
    others.forEach(FakeCall::cancel);
  }

  private static Error directMemory() {
    return new OutOfMemoryError("Cannot reserve 4194304 bytes of direct buffer memory");
  }

  private FakeCall<FetchFrame> stream(int window) {
    FakeCall<FetchFrame> call = new FakeCall<>(window);
    StreamObserver<FetchStreamRequest> inbound = new FetchStreamSession(deps, budget, call).start();
    inbound.onNext(
        FetchStreamRequest.newBuilder()
            .setOpen(FetchStreamOpen.newBuilder().setCreditBytes(1 << 20))
            .build());
    inbound.onNext(
        FetchStreamRequest.newBuilder()
            .setSubscribe(SubscribePartition.newBuilder().setSubscriptionId(1).setPartition(at()))
            .build());
    call.unread.removeIf(frame -> frame.recordBytes() == 0);
    return call;
  }

  private FakeCall<TailResponse> tail() {
    FakeCall<TailResponse> call = new FakeCall<>(1);
    tail(call);
    return call;
  }

  private void tail(FakeCall<TailResponse> call) {
    TailStart start = TailStart.newBuilder().setEarliest(true).build();
    TailRequest request = TailRequest.newBuilder().setTopic("orders").setStart(start).build();
    new TailSession(deps, budget, TailScope.of(deps.partitions(), request), call).start();
  }

  private FakeCall<FetchResponse> fetch() {
    FakeCall<FetchResponse> call = new FakeCall<>(1);
    fetch(call);
    return call;
  }

  private void fetch(FakeCall<FetchResponse> call) {
    FetchRequest request =
        FetchRequest.newBuilder().setMinBytes(1).setMaxWaitMs(10_000).addPartitions(at()).build();
    new FetchCall(deps, new ByteLease(budget), request, call).start();
  }

  private FetchPartition at() {
    return Api.at(topic, 0, 0);
  }
}
