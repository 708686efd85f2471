package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.common.record.Compression;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.IsolationLevel;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.OffsetPosition;
import io.millrace.proto.v1.PartitionData;
import io.millrace.proto.v1.SubscribePartition;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * S18: what a follower serves, and whom a leader sends elsewhere; over unary fetches and streams.
 * This broker has the number 1.
 */
class FollowerReadTest {
  private static final String NEAR = "near";
  private static final String FAR = "far";

  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final LogHost log = partitions.topic("orders", 1).get(0);
  private final ByteString topic = Uuids.toBytes(log.id().topicId());
  private final InFlightBytes budget = InFlightBytes.total(1 << 20);
  private long lastSubscription;

  /** Ten records in as many batches, the first six committed. */
  @BeforeEach
  void records() {
    for (int i = 0; i < 10; i++) {
      log.append(Compression.NONE, "v" + i);
    }
    log.showUpTo(6);
  }

  private FetchPartition.Builder at(long offset) {
    return Api.at(topic, 0, offset).toBuilder();
  }

  private FakeCall<FetchResponse> fetch(String rack, FetchPartition.Builder wanted) {
    FakeCall<FetchResponse> call = new FakeCall<>(1);
    FetchRequest request =
        FetchRequest.newBuilder()
            .setMinBytes(1)
            .setMaxWaitMs(10_000)
            .setRack(rack)
            .addPartitions(wanted)
            .build();
    new FetchCall(deps, new ByteLease(budget), request, call).start();
    return call;
  }

  private static PartitionData answer(FakeCall<FetchResponse> call) {
    assertThat(call.completed).isTrue();
    return call.unread.get(0).getPartitions(0);
  }

  /** A stream and what its broker sent. */
  private final class Stream {
    private final FakeCall<FetchFrame> call = new FakeCall<>(1_000);
    private final StreamObserver<FetchStreamRequest> inbound =
        new FetchStreamSession(deps, budget, call).start();

    Stream(String rack, IsolationLevel isolation) {
      inbound.onNext(
          FetchStreamRequest.newBuilder()
              .setOpen(
                  FetchStreamOpen.newBuilder()
                      .setCreditBytes(1 << 20)
                      .setIsolationLevel(isolation)
                      .setRack(rack))
              .build());
    }

    Stream subscribe(boolean stay, FetchPartition.Builder wanted) {
      inbound.onNext(
          FetchStreamRequest.newBuilder()
              .setSubscribe(
                  SubscribePartition.newBuilder()
                      .setSubscriptionId(++lastSubscription)
                      .setPartition(wanted)
                      .setStay(stay))
              .build());
      return this;
    }

    /** What it sent since it was asked last. */
    List<PartitionData> sent() {
      return call.read().stream().map(FetchFrame::head).toList();
    }

    PartitionData last() {
      List<PartitionData> sent = sent();
      return sent.get(sent.size() - 1);
    }

    int recordBytes() {
      return call.read().stream().mapToInt(FetchFrame::recordBytes).sum();
    }
  }

  private Stream stream(String rack, FetchPartition.Builder wanted) {
    return new Stream(rack, IsolationLevel.ISOLATION_LEVEL_READ_UNCOMMITTED)
        .subscribe(false, wanted);
  }

  private static String code(PartitionData data) {
    return Api.code(data.getError());
  }

  private int bytesOf(int records) {
    return log.append(Compression.NONE, "v0") * records;
  }

  // ---- the follower

  @Test
  void S18_aFollowerServesUpToItsHighWatermarkAndNoFurther() {
    log.follow(true);

    assertThat(answer(fetch(NEAR, at(2))).getRecords().size()).isEqualTo(bytesOf(4));
    for (IsolationLevel isolation :
        List.of(
            IsolationLevel.ISOLATION_LEVEL_READ_UNCOMMITTED,
            IsolationLevel.ISOLATION_LEVEL_READ_COMMITTED)) {
      Stream stream = new Stream(NEAR, isolation).subscribe(false, at(2));
      assertThat(stream.recordBytes()).isEqualTo(bytesOf(4));
      log.append(Compression.NONE, "more");
      assertThat(stream.recordBytes()).as("above the high watermark").isZero();
      log.showUpTo(7);
      assertThat(stream.recordBytes()).isEqualTo(bytesOf(1));
      log.showUpTo(6);
    }
    assertThat(partitions.meters.get("millrace.fetch.follower.bytes").counter().count())
        .isEqualTo(partitions.meters.get("millrace.fetch.bytes").counter().count());
  }

  @Test
  void S18_aReaderBetweenAFollowersHighWatermarkAndTheEndOfItsLogWaits() {
    log.follow(true);
    FakeCall<FetchResponse> call = fetch(NEAR, at(8));
    Stream stream = stream(NEAR, at(8));
    assertThat(stream.last().hasError()).isFalse();
    log.showUpTo(8);
    assertThat(call.completed).isFalse();

    log.showUpTo(9);
    assertThat(answer(call).getRecords().size()).isPositive();
    assertThat(stream.recordBytes()).isPositive();
  }

  @Test
  void S18_aFollowerNeverSaysThatAnOffsetIsOutOfRangeNorThatAReaderBeyondItsLogDiverges() {
    log.deleteBefore(3);
    log.follow(true);

    for (int offset : new int[] {2, 11}) {
      assertThat(code(answer(fetch(NEAR, at(offset).setLastFetchedEpoch(0)))))
          .isEqualTo("OFFSET_NOT_AVAILABLE");
      PartitionData last = stream(NEAR, at(offset).setLastFetchedEpoch(0)).last();
      assertThat(code(last)).isEqualTo("OFFSET_NOT_AVAILABLE");
      assertThat(last.getError().getDetailsMap())
          .containsEntry("log_start_offset", "3")
          .containsEntry("log_end_offset", "10");
    }
  }

  @Test
  void S18_S12_aReaderWhoseLogPartsFromTheFollowersIsToldWhere() {
    log.startEpoch(3);
    log.append(Compression.NONE, "of another leader");
    log.showUpTo(11);
    log.follow(true);

    PartitionData told = answer(fetch(NEAR, at(11).setLastFetchedEpoch(0)));
    assertThat(told.getDivergingEpoch().getEndOffset()).isEqualTo(10);
    assertThat(stream(NEAR, at(11).setLastFetchedEpoch(0)).last().hasDivergingEpoch()).isTrue();
  }

  @Test
  void S18_S11_aFollowerFencesLeaderEpochs() {
    log.startEpoch(3);
    log.follow(true);

    assertThat(code(answer(fetch(NEAR, at(0).setCurrentLeaderEpoch(2)))))
        .isEqualTo("FENCED_LEADER_EPOCH");
    assertThat(code(stream(NEAR, at(0).setCurrentLeaderEpoch(4)).last()))
        .isEqualTo("UNKNOWN_LEADER_EPOCH");
    Stream stream = stream(NEAR, at(0).setCurrentLeaderEpoch(3));
    assertThat(stream.last().hasError()).isFalse();
    log.startEpoch(5);
    log.showUpTo(7);
    assertThat(code(stream.last())).isEqualTo("FENCED_LEADER_EPOCH");
  }

  @Test
  void S18_aFollowerRefusesWhoNamesNoRackAndLooksNoOffsetsUp() {
    log.follow(true);

    assertThat(code(answer(fetch("", at(0))))).isEqualTo("NOT_LEADER");
    assertThat(code(stream("", at(0)).last())).isEqualTo("NOT_LEADER");
    ListOffsetsPartition latest =
        ListOffsetsPartition.newBuilder()
            .setTopicId(topic)
            .setCurrentLeaderEpoch(-1)
            .setPosition(OffsetPosition.OFFSET_POSITION_LATEST)
            .build();
    OffsetLookup lookup = new OffsetLookup(deps.partitions(), deps.reader());
    assertThat(Api.code(lookup.find(latest, false, deps.access()).getError()))
        .isEqualTo("NOT_LEADER");
  }

  @Test
  void S18_aFollowerThatMayServeNoLongerSendsItsReadersAway() {
    log.follow(true);
    Stream stream = stream(NEAR, at(6));
    FakeCall<FetchResponse> call = fetch(NEAR, at(6));
    assertThat(stream.last().hasError()).isFalse();

    log.follow(false);
    assertThat(code(answer(call))).isEqualTo("NOT_LEADER");
    assertThat(code(stream.last())).isEqualTo("NOT_LEADER");
    log.follow(true);
    log.showUpTo(8);
    assertThat(stream.sent()).as("the subscription is over").isEmpty();
  }

  // ---- the leader

  private void racks(String own, String two, String three) {
    partitions.broker(1, own, BrokerState.ACTIVE);
    partitions.broker(2, two, BrokerState.ACTIVE);
    partitions.broker(3, three, BrokerState.ACTIVE);
    log.inSyncFollowers(2, 3);
  }

  @Test
  void S18_aLeaderSendsAReaderToTheFollowerInItsRackInsteadOfRecords() {
    racks(FAR, FAR, NEAR);

    PartitionData told = answer(fetch(NEAR, at(2)));
    assertThat(told.getPreferredReadReplica()).isEqualTo(3);
    assertThat(told.getRecords().isEmpty()).isTrue();
    Stream stream = stream(NEAR, at(2));
    List<PartitionData> sent = stream.sent();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getPreferredReadReplica()).isEqualTo(3);
    assertThat(sent.get(0).getHighWatermark()).isEqualTo(6);
    log.showUpTo(8);
    assertThat(stream.sent()).as("the subscription is over").isEmpty();
    assertThat(partitions.meters.get("millrace.fetch.redirects").counter().count()).isEqualTo(2);
  }

  @Test
  void S18_aReaderStaysWithALeaderInItsRackAndWhereNoInSyncFollowerStandsThere() {
    racks(NEAR, FAR, NEAR);
    assertServed(NEAR);
    racks(FAR, FAR, FAR);
    assertServed(NEAR);
    racks("", "", "");
    assertServed("");
    racks(FAR, FAR, NEAR);
    log.inSyncFollowers(2);
    assertServed(NEAR);
    log.inSyncFollowers(3);
    partitions.broker(3, NEAR, BrokerState.IN_CONTROLLED_SHUTDOWN);
    assertServed(NEAR);
  }

  private void assertServed(String rack) {
    PartitionData data = answer(fetch(rack, at(2)));
    assertThat(data.getPreferredReadReplica()).isZero();
    assertThat(data.getRecords().isEmpty()).isFalse();
  }

  @Test
  void S18_nobodyIsSentWhereTheOffsetMayNotBeYet() {
    racks(FAR, NEAR, FAR);
    Stream stream = stream(NEAR, at(8));
    assertThat(stream.last().getPreferredReadReplica()).isZero();

    log.showUpTo(8);
    assertThat(stream.last().getPreferredReadReplica()).isEqualTo(2);
  }

  @Test
  void S18_aReaderThatStaysIsServedByTheLeader() {
    racks(FAR, NEAR, FAR);

    Stream stream =
        new Stream(NEAR, IsolationLevel.ISOLATION_LEVEL_READ_UNCOMMITTED).subscribe(true, at(2));
    assertThat(stream.recordBytes()).isEqualTo(bytesOf(4));
    stream.subscribe(false, at(2));
    assertThat(stream.last().getPreferredReadReplica()).isEqualTo(2);
  }

  @Test
  void S18_S21_whoReadsFromTheLeaderIsSentAwayAtOnceWhenABetterReplicaIsThere() {
    racks(FAR, NEAR, FAR);
    log.inSyncFollowers();
    Stream stream = stream(NEAR, at(6));
    FakeCall<FetchResponse> call = fetch(NEAR, at(6));
    assertThat(stream.last().getPreferredReadReplica()).isZero();
    assertThat(call.completed).isFalse();

    log.inSyncFollowers(2);
    assertThat(answer(call).getPreferredReadReplica()).isEqualTo(2);
    assertThat(stream.last().getPreferredReadReplica()).isEqualTo(2);
  }
}
