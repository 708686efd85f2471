package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import org.junit.jupiter.api.Test;

/** What unary fetches read and hold. */
class FetchMemoryTest {
  private static final int BUDGET = 2_000;

  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final LogHost log = partitions.topic("orders", 1).get(0);
  private final ByteString topic = Uuids.toBytes(log.id().topicId());
  private final InFlightBytes budget = InFlightBytes.total(BUDGET);

  @Test
  void S21_aFetchThatWaitsForBytesReadsThemOnce() {
    FakeCall<FetchResponse> call = fetch(1_500);
    int bytes = 0;
    while (bytes < 1_500) {
      assertThat(call.completed).as("answered with %d bytes", bytes).isFalse();
      bytes += log.append(Compression.NONE, "x".repeat(100));
    }
    assertThat(call.completed).isTrue();
    assertThat(call.read().get(0).getPartitions(0).getRecords().size()).isEqualTo(bytes);
    assertThat(partitions.meters.get("millrace.fetch.bytes").counter().count()).isEqualTo(bytes);
    assertThat(log.listeners()).isZero();
  }

  @Test
  void S21_whatWasThereBeforeTheFetchCountsToo() {
    int bytes = log.append(Compression.NONE, "a") + log.append(Compression.NONE, "b");
    assertThat(fetch(bytes).completed).isTrue();
    FakeCall<FetchResponse> more = fetch(bytes + 1);
    assertThat(more.completed).isFalse();
    log.append(Compression.NONE, "c");
    assertThat(more.completed).isTrue();
  }

  @Test
  void anAnswerHoldsItsBytesUntilItIsSent() {
    int bytes = log.append(Compression.NONE, "x".repeat(BUDGET));
    FakeCall<FetchResponse> first = fetch(1);
    assertThat(budget.used()).isBetween((long) bytes, bytes + 200L);
    FakeCall<FetchResponse> second = fetch(1);
    Api.refusal(ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, second.error);
    second.close();
    first.close();
    assertThat(budget.used()).isZero();
    FakeCall<FetchResponse> third = fetch(1);
    assertThat(third.completed).isTrue();
    third.cancel();
    assertThat(budget.used()).isZero();
  }

  @Test
  void anAnswerThatNobodyReadsCountsForSomeTimeOnly() {
    log.append(Compression.NONE, "x".repeat(BUDGET));
    FakeCall<FetchResponse> lazy = fetch(1);
    assertThat(budget.used()).isPositive();
    partitions.runTimers();
    assertThat(budget.used()).isZero();
    lazy.close();
    assertThat(budget.used()).isZero();
    assertThat(fetch(1).completed).isTrue();
  }

  @Test
  void anAnswerThatIsWrittenAtOnceDoesNotCount() {
    log.append(Compression.NONE, "x".repeat(BUDGET));
    FakeCall<FetchResponse> call = new FakeCall<>(2);
    fetch(1, call);
    assertThat(call.completed).isTrue();
    assertThat(budget.used()).isZero();
  }

  @Test
  void aFetchThatWaitsHoldsNothing() {
    FakeCall<FetchResponse> call = fetch(1);
    assertThat(budget.used()).isZero();
    call.cancel();
    assertThat(log.listeners()).isZero();
    log.append(Compression.NONE, "a");
    assertThat(call.unread).isEmpty();
    assertThat(budget.used()).isZero();
  }

  private FakeCall<FetchResponse> fetch(int minBytes) {
    FakeCall<FetchResponse> call = new FakeCall<>(1);
    fetch(minBytes, call);
    return call;
  }

  private void fetch(int minBytes, FakeCall<FetchResponse> call) {
    FetchRequest request =
        FetchRequest.newBuilder()
            .setMinBytes(minBytes)
            .setMaxWaitMs(10_000)
            .addPartitions(Api.at(topic, 0, 0))
            .build();
    new FetchCall(deps, new ByteLease(budget), request, call).start();
  }
}
