package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsRequest;
import io.millrace.proto.v1.ListOffsetsResult;
import io.millrace.proto.v1.OffsetPosition;
import io.millrace.proto.v1.PartitionData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows S01, S11, S12, S21, S22, S26, S27 and S33 as a client of the unary API meets them. */
class FetchApiTest {
  @TempDir static Path data;

  private static final SlowDisk disk = new SlowDisk();
  private static TestNode node;
  private static Api api;

  @BeforeAll
  static void start() {
    node = TestNode.start(data, disk.store, settings -> settings);
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
  void S01_showsNothingAboveTheHighWatermark() throws Exception {
    ByteString topic = api.topic("hidden", 1, Map.of("flush.mode", "commit"));
    disk.hold();
    CompletableFuture<?> produced =
        CompletableFuture.supplyAsync(() -> api.produce(topic, Api.batch("a")));
    assertThat(new CompletableFuture<>().completeOnTimeout(null, 200, TimeUnit.MILLISECONDS).get())
        .isNull();
    PartitionData hidden = api.fetch(topic, 0, 100);
    assertThat(hidden.hasError()).isFalse();
    assertThat(hidden.getRecords().isEmpty()).isTrue();
    disk.release();
    produced.get(20, TimeUnit.SECONDS);
    assertThat(api.fetch(topic, 0, 0).getRecords().isEmpty()).isFalse();
  }

  @Test
  void S01_anOffsetOutsideTheLogIsRefusedWithBothBounds() {
    ByteString topic = api.topic("short");
    api.produce(topic, Api.batch("a", "b", "c"));
    delete("short", 2);
    for (long offset : new long[] {4, 1}) {
      PartitionData refused = api.fetch(topic, offset, 10_000);
      assertThat(Api.code(refused.getError())).isEqualTo("OFFSET_OUT_OF_RANGE");
      assertThat(refused.getError().getDetailsMap())
          .containsEntry("log_start_offset", "2")
          .containsEntry("log_end_offset", "3");
    }
    assertThat(api.fetch(topic, 3, 0).hasError()).isFalse();
  }

  @Test
  void S11_olderAndNewerLeaderEpochsAreRefused() {
    ByteString topic = api.topic("epochs");
    int epoch = api.fetch(topic, 0, 0).getLeaderEpoch();
    assertThat(
            Api.code(
                fetch(Api.at(topic, 0, 0).toBuilder().setCurrentLeaderEpoch(epoch + 1)).getError()))
        .isEqualTo("UNKNOWN_LEADER_EPOCH");
    if (epoch > 0) {
      assertThat(
              Api.code(
                  fetch(Api.at(topic, 0, 0).toBuilder().setCurrentLeaderEpoch(epoch - 1))
                      .getError()))
          .isEqualTo("FENCED_LEADER_EPOCH");
    }
    assertThat(fetch(Api.at(topic, 0, 0).toBuilder().setCurrentLeaderEpoch(epoch)).hasError())
        .isFalse();
  }

  @Test
  void S12_aReaderWhoseLogDivergesIsToldAtOnce() {
    ByteString topic = api.topic("diverging");
    api.produce(topic, Api.batch("a"));
    PartitionData answer = fetch(Api.at(topic, 0, 1).toBuilder().setLastFetchedEpoch(99));
    assertThat(answer.hasDivergingEpoch()).isTrue();
    assertThat(answer.getDivergingEpoch().getEndOffset()).isEqualTo(1);
    assertThat(answer.getDivergingEpoch().getEpoch()).isEqualTo(answer.getLeaderEpoch());
    int epoch = answer.getLeaderEpoch();
    assertThat(
            fetch(Api.at(topic, 0, 0).toBuilder().setLastFetchedEpoch(epoch)).hasDivergingEpoch())
        .isFalse();
  }

  /** As of a replica that began at the log start with nothing, and leads now. */
  @Test
  void S12_aLogWithoutBatchesContradictsNobody() {
    ByteString topic = api.topic("begun-anew");

    assertThat(fetch(Api.at(topic, 0, 0).toBuilder().setLastFetchedEpoch(5)).hasDivergingEpoch())
        .isFalse();
  }

  @Test
  void S21_aFetchAnswersWhenDataComeOrTimeIsUp() throws Exception {
    ByteString topic = api.topic("awaited");
    long begin = System.nanoTime();
    assertThat(api.fetch(topic, 0, 200).getRecords().isEmpty()).isTrue();
    assertThat(msSince(begin)).isGreaterThanOrEqualTo(195);
    CompletableFuture<PartitionData> waiting =
        CompletableFuture.supplyAsync(() -> api.fetch(topic, 0, 50_000));
    assertThat(new CompletableFuture<>().completeOnTimeout(1, 100, TimeUnit.MILLISECONDS).get())
        .isEqualTo(1);
    assertThat(waiting).isNotDone();
    api.produce(topic, Api.batch("a"));
    assertThat(waiting.get(20, TimeUnit.SECONDS).getRecords().isEmpty()).isFalse();
  }

  @Test
  void S21_aFetchWaitsForMinBytesButNotOnAnError() throws Exception {
    ByteString topic = api.topic("min-bytes");
    api.produce(topic, Api.batch("a"));
    FetchRequest.Builder request =
        FetchRequest.newBuilder()
            .setMinBytes(1_000)
            .setMaxWaitMs(50_000)
            .addPartitions(Api.at(topic, 0, 0));
    CompletableFuture<FetchResponse> waiting =
        CompletableFuture.supplyAsync(() -> api.fetcher.fetch(request.build()));
    assertThat(new CompletableFuture<>().completeOnTimeout(1, 100, TimeUnit.MILLISECONDS).get())
        .isEqualTo(1);
    assertThat(waiting).isNotDone();
    api.produce(topic, Api.batch("x".repeat(2_000)));
    assertThat(waiting.get(20, TimeUnit.SECONDS).getPartitions(0).getRecords().size())
        .isGreaterThan(2_000);
    FetchResponse failed = api.fetcher.fetch(request.addPartitions(Api.at(topic, 9, 0)).build());
    assertThat(Api.code(failed.getPartitions(1).getError())).isEqualTo("UNKNOWN_PARTITION");
  }

  @Test
  void S22_theFirstBatchComesWhateverTheLimits() {
    ByteString topic = api.topic("large", 2, Map.of());
    ByteString batch = Api.batch("x".repeat(50_000));
    api.produce(topic, batch);
    FetchResponse response =
        api.fetcher.fetch(
            FetchRequest.newBuilder()
                .setMaxBytes(10)
                .addPartitions(Api.at(topic, 1, 0))
                .addPartitions(Api.at(topic, 0, 0).toBuilder().setMaxBytes(10))
                .build());
    assertThat(response.getPartitions(0).getRecords().isEmpty()).isTrue();
    assertThat(response.getPartitions(1).getRecords().size()).isEqualTo(batch.size());
  }

  @Test
  void S26_aFetchInTheMiddleOfABatchGivesItWhole() {
    ByteString topic = api.topic("middle");
    api.produce(topic, Api.batch("a", "b", "c"));
    api.produce(topic, Api.batch("d"));
    PartitionData data = api.fetch(topic, 1, 0);
    List<Long> baseOffsets = new ArrayList<>();
    for (RecordBatch batch : RecordBatches.split(data.getRecords().asReadOnlyByteBuffer())) {
      baseOffsets.add(batch.baseOffset());
      assertThat(batch.crcValid()).isTrue();
    }
    assertThat(baseOffsets).containsExactly(0L, 3L);
  }

  @Test
  void S27_offsetsAreFoundByPositionAndByTime() {
    ByteString topic = api.topic("timed");
    api.produce(topic, Api.batch(Compression.NONE, 1_000, "a"));
    api.produce(topic, Api.batch(Compression.GZIP, 3_000, "b"));
    api.produce(topic, Api.batch(Compression.NONE, 2_000, "c"));
    assertThat(find(topic, OffsetPosition.OFFSET_POSITION_EARLIEST, 0).getOffset()).isZero();
    assertThat(find(topic, OffsetPosition.OFFSET_POSITION_LATEST, 0).getOffset()).isEqualTo(3);
    assertThat(find(topic, OffsetPosition.OFFSET_POSITION_MAX_TIMESTAMP, 0).getOffset())
        .isEqualTo(1);
    ListOffsetsResult found = find(topic, OffsetPosition.OFFSET_POSITION_UNSPECIFIED, 1_500);
    assertThat(found.getOffset()).isEqualTo(1);
    assertThat(found.getTimestampMs()).isEqualTo(3_000);
    assertThat(find(topic, OffsetPosition.OFFSET_POSITION_UNSPECIFIED, 9_000).getOffset())
        .isEqualTo(-1);
  }

  @Test
  void aPlaceThatIsNoneOrTwoOrNegativeIsRefused() {
    ByteString topic = api.topic("placeless");
    api.produce(topic, Api.batch("a"));
    for (ListOffsetsResult refused :
        List.of(
            find(topic, OffsetPosition.OFFSET_POSITION_UNSPECIFIED, 0),
            find(topic, OffsetPosition.OFFSET_POSITION_EARLIEST, 1_500),
            find(topic, OffsetPosition.OFFSET_POSITION_UNSPECIFIED, -1),
            find(topic, OffsetPosition.OFFSET_POSITION_LATEST, -1))) {
      assertThat(Api.code(refused.getError())).isEqualTo("INVALID_REQUEST");
      assertThat(refused.getError().getMessage()).contains("timestamp_ms").contains("expected");
      assertThat(refused.getOffset()).isEqualTo(-1);
    }
  }

  @Test
  void negativeBoundsOfAFetchAreRefusedByName() {
    FetchPartition at = Api.at(api.topic("bounded"), 0, 0);
    refusedFetch("max_bytes", FetchRequest.newBuilder().addPartitions(at).setMaxBytes(-1));
    refusedFetch("min_bytes", FetchRequest.newBuilder().addPartitions(at).setMinBytes(-1));
    refusedFetch("max_wait_ms", FetchRequest.newBuilder().addPartitions(at).setMaxWaitMs(-1));
    refusedFetch(
        "max_bytes", FetchRequest.newBuilder().addPartitions(at.toBuilder().setMaxBytes(-1)));
  }

  private static void refusedFetch(String field, FetchRequest.Builder request) {
    assertThatThrownBy(() -> api.fetcher.fetch(request.build()))
        .hasMessageContaining(field + ": -1 (expected: >= 0)")
        .satisfies(
            thrown -> Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, thrown));
  }

  @Test
  void S33_recordsAreDeletedUpToTheHighWatermarkAndNotAbove() {
    ByteString topic = api.topic("deleted");
    api.produce(topic, Api.batch("a", "b", "c"));
    assertThat(delete("deleted", 2).getResults(0).getLogStartOffset()).isEqualTo(2);
    assertThat(find(topic, OffsetPosition.OFFSET_POSITION_EARLIEST, 0).getOffset()).isEqualTo(2);
    assertThat(Api.code(delete("deleted", 4).getResults(0).getError()))
        .isEqualTo("OFFSET_OUT_OF_RANGE");
    assertThat(delete("deleted", -1).getResults(0).getLogStartOffset()).isEqualTo(3);
    Api.refused(ErrorCode.UNKNOWN_TOPIC, Status.Code.NOT_FOUND, () -> delete("no-such-topic", 0));
  }

  @Test
  void refusesRequestsThatMakeNoSense() {
    ByteString topic = api.topic("nonsense");
    refuses(FetchRequest.newBuilder());
    refuses(FetchRequest.newBuilder().addPartitions(Api.at(topic, 0, -1)));
    refuses(FetchRequest.newBuilder().addPartitions(Api.at(topic, -1, 0)));
    refuses(FetchRequest.newBuilder().addPartitions(Api.at(topic, 0, 0)).setMaxWaitMs(-1));
    refuses(
        FetchRequest.newBuilder()
            .addPartitions(Api.at(topic, 0, 0))
            .addPartitions(Api.at(topic, 0, 1)));
  }

  private static void refuses(FetchRequest.Builder request) {
    Api.refused(
        ErrorCode.INVALID_REQUEST,
        Status.Code.INVALID_ARGUMENT,
        () -> api.fetcher.fetch(request.build()));
  }

  private static PartitionData fetch(FetchPartition.Builder partition) {
    return api.fetcher
        .fetch(FetchRequest.newBuilder().addPartitions(partition).build())
        .getPartitions(0);
  }

  private static DeleteRecordsResponse delete(String topic, long before) {
    return api.topics.deleteRecords(
        DeleteRecordsRequest.newBuilder()
            .setName(topic)
            .addPartitions(
                DeleteRecordsPartition.newBuilder().setPartition(0).setBeforeOffset(before))
            .build());
  }

  private static ListOffsetsResult find(ByteString topic, OffsetPosition position, long time) {
    return api.fetcher
        .listOffsets(
            ListOffsetsRequest.newBuilder()
                .addPartitions(
                    ListOffsetsPartition.newBuilder()
                        .setTopicId(topic)
                        .setCurrentLeaderEpoch(-1)
                        .setPosition(position)
                        .setTimestampMs(time))
                .build())
        .getResults(0);
  }

  private static long msSince(long begin) {
    return (System.nanoTime() - begin) / 1_000_000;
  }
}
