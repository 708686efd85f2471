package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.record.Compression;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where tails end, and what they hold. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TailSessionTest {
  private static final int PLENTY = 1_000;

  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final List<LogHost> logs = partitions.topic("orders", 3);
  private final InFlightBytes budget = InFlightBytes.total(1 << 20);

  @Test
  void aTailOfNothingEnds() {
    assertThat(tail(TailStart.newBuilder().setEarliest(true)).completed).isTrue();
    assertThat(tail(TailStart.newBuilder().setLatest(true)).completed).isTrue();
    assertThat(tail(TailStart.newBuilder().setOffset(0)).completed).isTrue();
  }

  @Test
  void aTailEndsAtOffsetsThatHaveNoRecordsAnyMore() {
    logs.get(1).append(Compression.NONE, "a");
    logs.get(1).appendWithGap(5, "b");
    logs.get(2).appendWithGap(3, "c");
    FakeCall<TailResponse> call = tail(TailStart.newBuilder().setEarliest(true));
    assertThat(values(call)).containsExactly("a", "b", "c");
    assertThat(call.completed).isTrue();
    assertThat(tail(TailStart.newBuilder().setOffset(0)).completed).isTrue();
  }

  @Test
  void aStepThatBringsNothingMayBeTheLast() {
    logs.get(0).appendWithGap(5, "a");
    FakeCall<TailResponse> call = new FakeCall<>(0);
    start(
        call,
        TailRequest.newBuilder().addPartitions(0).setStart(TailStart.newBuilder().setOffset(3)));
    call.widen(PLENTY);
    assertThat(call.unread).isEmpty();
    assertThat(call.completed).isTrue();
  }

  @Test
  void aTailDoesNotRunAfterRecordsThatCameLater() {
    logs.get(0).appendWithGap(5, "a");
    FakeCall<TailResponse> call = new FakeCall<>(0);
    start(call, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    logs.get(0).append(Compression.NONE, "later");
    call.widen(PLENTY);
    assertThat(values(call)).containsExactly("a");
    assertThat(call.completed).isTrue();
  }

  @Test
  void aTailWhoseNextRecordWasDeletedEndsWithAnErrorOfThatPartition() {
    logs.get(0).append(Compression.NONE, "a");
    logs.get(0).append(Compression.NONE, "b");
    logs.get(1).append(Compression.NONE, "c");
    FakeCall<TailResponse> call = new FakeCall<>(0);
    start(call, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    logs.get(0).deleteBefore(1);
    call.widen(PLENTY);
    List<TailResponse> messages = call.read();
    assertThat(messages.get(0).getErrors(0).getPartition()).isZero();
    assertThat(Api.code(messages.get(0).getErrors(0).getError())).isEqualTo("OFFSET_OUT_OF_RANGE");
    assertThat(messages.get(0).getRecords(0).getValue().toStringUtf8()).isEqualTo("c");
    assertThat(call.completed).isTrue();
  }

  @Test
  void aTailHoldsOneUnpackedBatchHoweverManyPartitionsItHas() {
    int bytes = 400 << 10;
    for (LogHost log : logs) {
      log.append(Compression.GZIP, "x".repeat(bytes), "y".repeat(bytes));
    }
    FakeCall<TailResponse> call = new FakeCall<>(1);
    start(call, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    List<Integer> seen = new ArrayList<>();
    while (!call.completed) {
      assertThat(budget.used()).as("a batch, and a message of it").isLessThan(4L * bytes);
      call.read().forEach(m -> m.getRecordsList().forEach(r -> seen.add(r.getPartition())));
    }
    assertThat(seen).containsExactlyInAnyOrder(0, 0, 1, 1, 2, 2);
    assertThat(budget.used()).isZero();
  }

  @Test
  void aTailWaitsForMemoryAndGoesOnWhereItWas() {
    logs.get(0).append(Compression.GZIP, "a".repeat(1_000), "b");
    budget.add(budget.limit());
    FakeCall<TailResponse> call = tail(TailStart.newBuilder().setEarliest(true));
    assertThat(call.unread).isEmpty();
    assertThat(call.completed).isFalse();
    budget.release(1);
    assertThat(values(call)).containsExactly("a".repeat(1_000), "b");
    assertThat(call.completed).isTrue();
    assertThat(budget.used()).isEqualTo(budget.limit() - 1);
  }

  @Test
  void whatIsUnpackedNeedsMemoryToo() {
    logs.get(0).append(Compression.GZIP, "a".repeat(600 << 10));
    budget.add(budget.limit() - 1);
    assertThat(tail(TailStart.newBuilder().setEarliest(true)).completed)
        .as("one batch may pass the bound")
        .isTrue();
    FakeCall<TailResponse> second = new FakeCall<>(0);
    start(second, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    logs.get(0).onRead(() -> budget.add(1));
    second.widen(PLENTY);
    assertThat(second.unread).as("others took the rest after the read").isEmpty();
    assertThat(second.completed).isFalse();
    second.cancel();
    assertThat(budget.used()).isEqualTo(budget.limit());
    budget.release(1);
    assertThat(second.unread).isEmpty();
  }

  @Test
  void whatIsInMemoryForATailThatIsNotReadIsGivenBackAndReadAgain() {
    String large = "x".repeat(450 << 10);
    logs.get(0).append(Compression.GZIP, large, "b", "c");
    FakeCall<TailResponse> call = new FakeCall<>(1);
    start(call, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    long loaded = budget.used();
    partitions.runTimers();
    assertThat(budget.used()).isLessThan(loaded - large.length());
    assertThat(budget.used()).as("the message itself").isGreaterThan(large.length());
    assertThat(values(call)).containsExactly(large);
    assertThat(values(call)).containsExactly("b", "c");
    assertThat(call.completed).isTrue();
    call.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void whatIsInMemoryForATailThatIsReadStays() {
    String large = "x".repeat(450 << 10);
    logs.get(0).append(Compression.GZIP, large, large, "c");
    FakeCall<TailResponse> call = new FakeCall<>(1);
    start(call, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    long loaded = budget.used();
    call.read();
    partitions.runTimers();
    assertThat(budget.used())
        .as("the time begins anew with each message")
        .isGreaterThanOrEqualTo(loaded);
    partitions.runTimers();
    assertThat(budget.used()).isLessThan(loaded);
  }

  @Test
  void aTailThatIsCancelledAfterItsEndHoldsNothing() {
    logs.get(0).append(Compression.NONE, "a");
    FakeCall<TailResponse> call = new FakeCall<>(1);
    start(call, TailRequest.newBuilder().setStart(TailStart.newBuilder().setEarliest(true)));
    deps.streams().endAll();
    assertThat(call.ended()).isTrue();
    assertThat(budget.used()).isPositive();
    call.cancel();
    assertThat(budget.used()).isZero();
  }

  private FakeCall<TailResponse> tail(TailStart.Builder start) {
    return tail(start, TailRequest.newBuilder());
  }

  private FakeCall<TailResponse> tail(TailStart.Builder start, TailRequest.Builder request) {
    FakeCall<TailResponse> call = new FakeCall<>(PLENTY);
    start(call, request.setStart(start));
    return call;
  }

  private void start(FakeCall<TailResponse> call, TailRequest.Builder request) {
    TailRequest asked = request.setTopic("orders").setStopAtEnd(true).build();
    new TailSession(deps, budget, TailScope.of(deps.partitions(), asked), call).start();
  }

  private static List<String> values(FakeCall<TailResponse> call) {
    List<String> values = new ArrayList<>();
    for (TailResponse message : call.read()) {
      message.getRecordsList().forEach(record -> values.add(record.getValue().toStringUtf8()));
    }
    return values;
  }
}
