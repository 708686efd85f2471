package io.millrace.broker.rpc;

import io.millrace.broker.log.TimestampedOffset;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsResult;
import io.millrace.proto.v1.OffsetPosition;
import java.util.Optional;

/** Finds offsets by position and by time (S17, S27). Blocks on the disk. Thread-safe. */
final class OffsetLookup {
  private static final TimestampedOffset NOT_FOUND = new TimestampedOffset(-1, -1, -1);

  private final Partitions partitions;
  private final PartitionReader reader;

  OffsetLookup(Partitions partitions, PartitionReader reader) {
    this.partitions = partitions;
    this.reader = reader;
  }

  ListOffsetsResult find(ListOffsetsPartition asked, boolean committedOnly, Access access) {
    TopicIdPartition id = Partitions.named(asked.getTopicId(), asked.getPartition());
    ListOffsetsResult.Builder result =
        ListOffsetsResult.newBuilder()
            .setTopicId(Uuids.toBytes(id.topicId()))
            .setPartition(id.partition());
    try {
      access
          .refusal(Operation.DESCRIBE, id)
          .ifPresent(
              refusal -> {
                throw refusal.exception();
              });
      checkPlace(asked);
      PartitionHost host = partitions.require(id);
      TimestampedOffset found =
          reader.guarded(
              host,
              view -> find(view, asked, committedOnly),
              (view, error) -> {
                throw error.exception();
              });
      return result
          .setOffset(found.offset())
          .setTimestampMs(found.timestampMs())
          .setLeaderEpoch(found.leaderEpoch())
          .build();
    } catch (MillraceException refused) {
      return result
          .setOffset(-1)
          .setTimestampMs(-1)
          .setLeaderEpoch(-1)
          .setError(RpcErrors.toProto(refused.error()))
          .build();
    }
  }

  private static TimestampedOffset find(
      PartitionView view, ListOffsetsPartition asked, boolean committedOnly) {
    Optional<MillraceError> refusal = PartitionReader.refusal(view, asked.getCurrentLeaderEpoch());
    if (refusal.isPresent()) {
      throw refusal.get().exception();
    }
    long bound = committedOnly ? view.lastStableOffset() : view.highWatermark();
    return switch (asked.getPosition()) {
      case OFFSET_POSITION_EARLIEST -> at(view, view.logStartOffset());
      case OFFSET_POSITION_LATEST -> at(view, latest(view, bound));
      case OFFSET_POSITION_MAX_TIMESTAMP ->
          view.log().offsetOfMaxTimestamp(bound).orElse(NOT_FOUND);
      case OFFSET_POSITION_UNSPECIFIED ->
          view.log().offsetForTimestamp(asked.getTimestampMs(), bound).orElse(NOT_FOUND);
      case UNRECOGNIZED ->
          throw new MillraceException(
              ErrorCode.INVALID_REQUEST,
              "position: " + asked.getPositionValue() + " (expected: " + known() + ")");
    };
  }

  /** Either a position or a time; 0 is no time. */
  private static void checkPlace(ListOffsetsPartition asked) {
    boolean byTime = asked.getPosition() == OffsetPosition.OFFSET_POSITION_UNSPECIFIED;
    long timestampMs = Requests.notNegative("timestamp_ms", asked.getTimestampMs());
    if (byTime && timestampMs == 0) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "position, timestamp_ms: none (expected: " + known() + ", or a timestamp_ms >= 1)");
    }
    if (!byTime && timestampMs > 0) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "timestamp_ms: " + timestampMs + " (expected: 0, as position says where)");
    }
  }

  private static long latest(PartitionView view, long bound) {
    if (!view.latestOffsetKnown()) {
      throw new MillraceException(
          ErrorCode.OFFSET_NOT_AVAILABLE,
          "the high watermark has not reached the start of leader epoch " + view.leaderEpoch());
    }
    return bound;
  }

  private static TimestampedOffset at(PartitionView view, long offset) {
    int epoch = view.log().leaderEpochs().epochOf(offset).orElse(-1);
    return new TimestampedOffset(offset, -1, epoch);
  }

  private static String known() {
    return OffsetPosition.OFFSET_POSITION_EARLIEST
        + ", "
        + OffsetPosition.OFFSET_POSITION_LATEST
        + " or "
        + OffsetPosition.OFFSET_POSITION_MAX_TIMESTAMP;
  }
}
