package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.record.Compression;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsResult;
import io.millrace.proto.v1.OffsetPosition;
import org.junit.jupiter.api.Test;

/** S01, S17 and S27: offsets by position and by time, where not all is visible. */
class OffsetLookupTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FetchDeps deps = partitions.fetchDeps();
  private final LogHost log = partitions.topic("orders", 1).get(0);
  private final OffsetLookup lookup = new OffsetLookup(deps.partitions(), deps.reader());

  private ListOffsetsResult find(OffsetPosition position, long timeMs, boolean committedOnly) {
    ListOffsetsPartition asked =
        ListOffsetsPartition.newBuilder()
            .setTopicId(Uuids.toBytes(log.id().topicId()))
            .setCurrentLeaderEpoch(-1)
            .setPosition(position)
            .setTimestampMs(timeMs)
            .build();
    return lookup.find(asked, committedOnly, deps.access());
  }

  @Test
  void S01_S27_tellsOfNothingThatIsNotCommitted() {
    for (int i = 0; i < 3; i++) {
      log.append(Compression.NONE, "v" + i);
    }
    log.showUpTo(2);
    log.deleteBefore(1);

    for (boolean committedOnly : new boolean[] {false, true}) {
      assertThat(find(OffsetPosition.OFFSET_POSITION_EARLIEST, 0, committedOnly).getOffset())
          .isEqualTo(1);
      assertThat(find(OffsetPosition.OFFSET_POSITION_LATEST, 0, committedOnly).getOffset())
          .isEqualTo(2);
      assertThat(find(OffsetPosition.OFFSET_POSITION_UNSPECIFIED, 1, committedOnly).getOffset())
          .isEqualTo(1);
    }
    log.showUpTo(1);
    assertThat(find(OffsetPosition.OFFSET_POSITION_UNSPECIFIED, 1, false).getOffset())
        .isEqualTo(-1);
    assertThat(find(OffsetPosition.OFFSET_POSITION_MAX_TIMESTAMP, 0, false).getOffset())
        .isEqualTo(-1);
  }

  /** An earlier leader may have shown what this one has yet to commit. */
  @Test
  void S17_theLatestOffsetIsNotToldBeforeTheHighWatermarkHasReachedTheEpochsStart() {
    for (int i = 0; i < 3; i++) {
      log.append(Compression.NONE, "v" + i);
    }
    log.startEpoch(1);
    log.showUpTo(2);

    ListOffsetsResult tooEarly = find(OffsetPosition.OFFSET_POSITION_LATEST, 0, false);
    assertThat(Api.code(tooEarly.getError())).isEqualTo("OFFSET_NOT_AVAILABLE");
    assertThat(tooEarly.getOffset()).isEqualTo(-1);
    assertThat(find(OffsetPosition.OFFSET_POSITION_EARLIEST, 0, false).hasError()).isFalse();

    log.showUpTo(3);
    assertThat(find(OffsetPosition.OFFSET_POSITION_LATEST, 0, false).getOffset()).isEqualTo(3);
  }
}
