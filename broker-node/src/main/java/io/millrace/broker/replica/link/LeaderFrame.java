package io.millrace.broker.replica.link;

import io.millrace.common.MillraceError;
import java.util.List;

/** What a leader sends; {@code replicate.proto} says what each means. */
public sealed interface LeaderFrame {
  /** A subscription begins. */
  record Subscribed(long attempt, long subscription, long highWatermark, long logStart)
      implements LeaderFrame {}

  /** There is none: the logs diverge, and this is the end of the last epoch that both may have. */
  record Diverged(long attempt, int epoch, long endOffset) implements LeaderFrame {}

  /** There is none: the leader's log begins later. */
  record StartAt(long attempt, long offset) implements LeaderFrame {}

  /** There is none. */
  record Refused(long attempt, MillraceError error) implements LeaderFrame {}

  /** Records of one or more partitions. */
  record Data(List<DataPart> parts) implements LeaderFrame {
    public Data {
      parts = List.copyOf(parts);
    }
  }

  /**
   * Records of one partition.
   *
   * @param prevEndOffset where the follower's log must end for them to follow
   */
  record DataPart(
      long subscription,
      long prevEndOffset,
      long highWatermark,
      long logStart,
      ReplicaRecords records) {}

  /** What has moved without records. */
  record Watermarks(List<Watermark> watermarks) implements LeaderFrame {
    public Watermarks {
      watermarks = List.copyOf(watermarks);
    }
  }

  /** A partition's high watermark and log start. */
  record Watermark(long subscription, long highWatermark, long logStart) {}

  /** The leader ends a subscription. */
  record Ended(long subscription, MillraceError error) implements LeaderFrame {}

  /**
   * The leader ends a subscription, to be had on the other stream: that for partitions that are far
   * behind, or back.
   */
  record MovesOver(long subscription) implements LeaderFrame {}

  /** The leader lives. */
  record Heartbeat() implements LeaderFrame {}
}
