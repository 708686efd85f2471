package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.TailRequest;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import org.junit.jupiter.api.Test;

/** A log that changes under its reader: read again, and if it goes on so, say so. */
class StaleSnapshotTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final LogHost log = partitions.topic("orders", 1).get(0);
  private final ByteString topic = Uuids.toBytes(log.id().topicId());
  private final InFlightBytes budget = InFlightBytes.total(1 << 20);

  StaleSnapshotTest() {
    log.append(Compression.NONE, "a");
    log.append(Compression.NONE, "b");
  }

  @Test
  void aReaderThatMeetsAnOutdatedSnapshotOnceReadsTheNewerOne() {
    log.showOutdated(2);
    FetchResponse answer = fetch();
    assertThat(answer.getPartitions(0).hasError()).isFalse();
    assertThat(answer.getPartitions(0).getLogStartOffset()).isZero();
  }

  @Test
  void aLogThatKeepsChangingIsUnavailable() {
    log.showOutdated(1_000);
    assertThat(Api.code(fetch().getPartitions(0).getError())).isEqualTo("UNAVAILABLE");
    ListOffsetsPartition byTime =
        ListOffsetsPartition.newBuilder()
            .setTopicId(topic)
            .setCurrentLeaderEpoch(-1)
            .setTimestampMs(1_000)
            .build();
    OffsetLookup lookup = new OffsetLookup(deps.partitions(), deps.reader());
    assertThat(Api.code(lookup.find(byTime, false, deps.access()).getError()))
        .isEqualTo("UNAVAILABLE");
  }

  @Test
  void aTailThatCantBeginThereEndsWithUnavailable() {
    log.showOutdated(1_000);
    FakeCall<TailResponse> call = new FakeCall<>(10);
    TailRequest request =
        TailRequest.newBuilder()
            .setTopic("orders")
            .setStart(TailStart.newBuilder().setTimestampMs(1_000))
            .build();
    new TailSession(deps, budget, TailScope.of(deps.partitions(), request), call).start();
    Api.refusal(ErrorCode.UNAVAILABLE, Status.Code.UNAVAILABLE, call.error);
  }

  private FetchResponse fetch() {
    FakeCall<FetchResponse> call = new FakeCall<>(1);
    FetchRequest request = FetchRequest.newBuilder().addPartitions(Api.at(topic, 0, 0)).build();
    new FetchCall(deps, new ByteLease(budget), request, call).start();
    return call.read().get(0);
  }
}
