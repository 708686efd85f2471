package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.common.ErrorCode;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.record.Compression;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.PartitionData;
import java.util.List;
import org.junit.jupiter.api.Test;

/** S01, S12, S21, S22 and S34: when a fetch is answered and with what, on one thread. */
class FetchCallTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final List<LogHost> logs = partitions.topic("orders", 2);
  private final LogHost log = logs.get(0);
  private final ByteString topic = Uuids.toBytes(log.id().topicId());

  private FetchPartition.Builder at(int partition, long offset) {
    return Api.at(topic, partition, offset).toBuilder();
  }

  private FakeCall<FetchResponse> fetch(FetchRequest.Builder request) {
    FakeCall<FetchResponse> call = new FakeCall<>(1);
    ByteLease memory = new ByteLease(InFlightBytes.total(1 << 20));
    new FetchCall(deps, memory, request.setMaxWaitMs(10_000).build(), call).start();
    return call;
  }

  private FakeCall<FetchResponse> fetch(FetchPartition.Builder... wanted) {
    FetchRequest.Builder request = FetchRequest.newBuilder().setMinBytes(1);
    List.of(wanted).forEach(request::addPartitions);
    return fetch(request);
  }

  private static PartitionData answer(FakeCall<FetchResponse> call, int partition) {
    assertThat(call.completed).isTrue();
    return call.unread.get(0).getPartitions(partition);
  }

  private int append(LogHost host, int valueBytes) {
    return host.append(Compression.NONE, "x".repeat(valueBytes));
  }

  @Test
  void S01_anOffsetThatIsInTheLogAndNotCommittedWaits() {
    append(log, 1);
    append(log, 1);
    append(log, 1);
    log.showUpTo(1);
    for (int offset = 1; offset <= 3; offset++) {
      FakeCall<FetchResponse> call = fetch(at(0, offset));
      assertThat(call.completed).as("at %d", offset).isFalse();
      call.cancel();
    }
    FakeCall<FetchResponse> waiting = fetch(at(0, 2));
    log.showUpTo(2);
    assertThat(waiting.completed).isFalse();
    log.showUpTo(3);
    assertThat(answer(waiting, 0).getRecords().isEmpty()).isFalse();
  }

  @Test
  void S12_S21_aReaderBeyondTheEndOfItsEpochIsToldWhereItEndedAtOnce() {
    append(log, 1);
    append(log, 1);
    log.startEpoch(3);
    append(log, 1);
    append(log, 1);

    PartitionData diverging = answer(fetch(at(0, 4).setLastFetchedEpoch(0)), 0);
    assertThat(diverging.getRecords().isEmpty()).isTrue();
    assertThat(diverging.getDivergingEpoch().getEpoch()).isZero();
    assertThat(diverging.getDivergingEpoch().getEndOffset()).isEqualTo(2);
    PartitionData between = answer(fetch(at(0, 2).setLastFetchedEpoch(2)), 0);
    assertThat(between.getDivergingEpoch().getEpoch()).isZero();
    assertThat(between.getDivergingEpoch().getEndOffset()).isEqualTo(2);
    assertThat(answer(fetch(at(0, 2).setLastFetchedEpoch(0)), 0).hasDivergingEpoch()).isFalse();
    assertThat(answer(fetch(at(0, 3).setLastFetchedEpoch(3)), 0).hasDivergingEpoch()).isFalse();
  }

  @Test
  void S21_anErrorOfOnePartitionIsAnsweredAtOnceWhileTheOthersHaveNothing() {
    assertThat(fetch(at(0, 0), at(1, 0)).completed).isFalse();

    assertThat(Api.code(answer(fetch(at(0, 0), at(7, 0)), 1).getError()))
        .isEqualTo("UNKNOWN_TOPIC_ID");
    assertThat(Api.code(answer(fetch(at(0, 0), at(1, 9)), 1).getError()))
        .isEqualTo("OFFSET_OUT_OF_RANGE");
  }

  @Test
  void S21_anAdvanceOfAnyOfItsPartitionsIsEnoughAndNoneIsWaitedForAfterwards() {
    FakeCall<FetchResponse> call = fetch(at(0, 0), at(1, 0));
    assertThat(logs).allMatch(each -> each.listeners() == 1);
    append(logs.get(1), 1);

    assertThat(answer(call, 1).getRecords().isEmpty()).isFalse();
    assertThat(logs).allMatch(each -> each.listeners() == 0);
  }

  @Test
  void S21_minBytesBeyondWhatAnAnswerMayHoldIsWhatItMayHold() {
    FetchRequest.Builder request =
        FetchRequest.newBuilder().setMaxBytes(300).setMinBytes(5_000).addPartitions(at(0, 0));
    FakeCall<FetchResponse> call = fetch(request);
    append(log, 50);
    assertThat(call.completed).isFalse();
    append(log, 50);
    append(log, 50);

    assertThat(answer(call, 0).getRecords().size()).isBetween(1, 300);
  }

  @Test
  void S22_onlyTheFirstPartitionWithDataMayExceedTheLimits() {
    int bytes = append(log, 500);
    append(logs.get(1), 500);

    FakeCall<FetchResponse> tooLarge =
        fetch(
            FetchRequest.newBuilder()
                .setMaxBytes(10)
                .addPartitions(at(0, 0))
                .addPartitions(at(1, 0)));
    assertThat(answer(tooLarge, 0).getRecords().size()).isEqualTo(bytes);
    assertThat(answer(tooLarge, 1).getRecords().isEmpty()).isTrue();
    FakeCall<FetchResponse> ofOnePartition = fetch(at(0, 0), at(1, 0).setMaxBytes(10));
    assertThat(answer(ofOnePartition, 1).getRecords().isEmpty()).isTrue();
    FakeCall<FetchResponse> roomForOne =
        fetch(
            FetchRequest.newBuilder()
                .setMaxBytes(bytes + 10)
                .addPartitions(at(0, 0))
                .addPartitions(at(1, 0)));
    assertThat(answer(roomForOne, 0).getRecords().size()).isEqualTo(bytes);
    assertThat(answer(roomForOne, 1).getRecords().isEmpty()).isTrue();
    FakeCall<FetchResponse> firstIsEmpty =
        fetch(
            FetchRequest.newBuilder()
                .setMaxBytes(10)
                .addPartitions(at(0, 1))
                .addPartitions(at(1, 0)));
    assertThat(answer(firstIsEmpty, 1).getRecords().size()).isEqualTo(bytes);
  }

  @Test
  void S34_aReadThatFailsTakesTheDirectoryOffline() {
    append(log, 10);
    log.faults.on(Operation.READ).failFromThenOn("Input/output error");

    assertThat(Api.code(answer(fetch(at(0, 0)), 0).getError())).isEqualTo("LOG_DIR_OFFLINE");
    assertThat(log.diskFailures).isPositive();
  }

  @Test
  void aLogThatChangesUnderEachReadIsAnErrorOfItsPartitionAlone() {
    append(log, 10);
    append(logs.get(1), 10);
    log.abandon();

    FakeCall<FetchResponse> call = fetch(at(1, 0), at(0, 0));

    assertThat(answer(call, 0).getRecords().isEmpty()).isFalse();
    assertThat(Api.code(answer(call, 1).getError())).isEqualTo(ErrorCode.UNAVAILABLE.name());
  }
}
