package io.millrace.client.internal;

import io.millrace.client.api.ConsumerMetrics;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.EpochEndOffset;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * One partition of a consumer. Confined to the consumer's thread, but for what {@link #metrics}
 * reads.
 *
 * <p>It goes through: start not known → known, not on a stream → on a stream; a lost stream or a
 * retriable error takes it back a step, another error stops it until it is moved. At each of the
 * first two steps there is a time while a question is out: for the start, then for the leader.
 */
final class Subscription {
  private static final long UNKNOWN = -1;

  private final TopicPartition partition;
  private final Backoff backoff;
  private final ReadPlace place;

  /** Counts while it is on a stream and not paused. */
  private final LeaderSilence silence;

  /** Where to start; empty once {@link #position} is known. */
  private Optional<OffsetSpec> start;

  /** The offset of the next record for the application; >= 0 once known. */
  private volatile long position = UNKNOWN;

  /** The leader epoch of the batch before {@link #position}; -1 if none was read since it moved. */
  private int lastFetchedEpoch = -1;

  /** What the broker told last; {@link #UNKNOWN} until then. */
  private volatile long highWatermark = UNKNOWN;

  private volatile boolean paused;

  /** The topic whose partition its group has given; empty if no group did. */
  private Optional<UUID> groupTopic = Optional.empty();

  /** Whether it starts at what its group has committed, which is not known yet. */
  private boolean awaitsCommitted;

  /** The poll that handed out its records last; {@link #UNKNOWN} for none since it moved. */
  private long handOutPoll = UNKNOWN;

  /** Where that poll began, and the leader epoch of the batch before. */
  private long handOutFrom = UNKNOWN;

  private int handOutFromEpoch = -1;

  /** The topic whose offsets {@link #position} counts; empty before the first stream. */
  private Optional<UUID> topicId = Optional.empty();

  private Optional<FetchConnection> connection = Optional.empty();
  private long id;
  private long notBeforeMs = Long.MIN_VALUE;

  /** Since when nothing could be read, as opposed to nothing being there. */
  private long troubledSinceMs = Long.MAX_VALUE;

  /** Whether a question about it is out. */
  private boolean asking;

  /** How often it was moved: tells an answer that came too late. */
  private int moves;

  /** What keeps it from being read; empty when the broker serves it, and before the first try. */
  private Optional<MillraceException> trouble = Optional.empty();

  private Optional<MillraceException> failure = Optional.empty();

  /** What the application is to be told once although it is tried again. */
  private Optional<MillraceException> report = Optional.empty();

  Subscription(
      TopicPartition partition,
      OffsetSpec start,
      Backoff backoff,
      ReadPlace place,
      LeaderSilence silence) {
    this.partition = partition;
    this.backoff = backoff;
    this.place = place;
    this.silence = silence;
    this.start = Optional.of(start);
    startAtKnownOffset(start);
  }

  /** An offset needs no look-up. */
  private void startAtKnownOffset(OffsetSpec place) {
    if (place instanceof OffsetSpec.AtOffset at) {
      startsAt(at.offset());
    }
  }

  TopicPartition partition() {
    return partition;
  }

  /** At which replica it is read. */
  ReadPlace place() {
    return place;
  }

  /** How long it was told nothing. */
  LeaderSilence silence() {
    return silence;
  }

  boolean paused() {
    return paused;
  }

  /** Stops the broker, or lets it go on. */
  void pause(boolean now) {
    paused = now;
    connection.ifPresent(stream -> stream.pause(id, now));
  }

  /** The broker told where the partition stands. */
  void told(long highWatermark) {
    if (highWatermark >= 0) {
      this.highWatermark = highWatermark;
    }
  }

  /** How far behind the high watermark that was told last; empty while either is not known. */
  OptionalLong lag() {
    long from = position;
    long to = highWatermark;
    return from < 0 || to < 0 ? OptionalLong.empty() : OptionalLong.of(Math.max(0, to - from));
  }

  /** Where it stands. Any thread. */
  ConsumerMetrics.Partition metrics() {
    long at = position;
    return new ConsumerMetrics.Partition(
        at < 0 ? OptionalLong.empty() : OptionalLong.of(at), lag(), paused, place.atFollower());
  }

  /** Whether nothing is to be done for it until something comes: it is read, or paused. */
  boolean settled() {
    return failure.isEmpty()
        && report.isEmpty()
        && start.isEmpty()
        && !asking
        && (connection.isPresent() || paused);
  }

  Optional<OffsetSpec> start() {
    return start;
  }

  long position() {
    if (start.isPresent()) {
      throw new IllegalStateException("the start of " + partition + " is not known yet");
    }
    return position;
  }

  int moves() {
    return moves;
  }

  /** Its group gave it, by this id: it starts at what the group has committed. */
  void startAtCommitted(UUID topic) {
    groupTopic = Optional.of(topic);
    topicId = groupTopic;
    awaitsCommitted = true;
  }

  /** Whether its group gave it. */
  boolean isOfGroup() {
    return groupTopic.isPresent();
  }

  /** The partition as its group names it. */
  TopicIdPartition idInGroup() {
    return new TopicIdPartition(groupTopic.orElseThrow(), partition.partition());
  }

  /** Whether its group is to be asked where it starts. */
  boolean needsCommitted() {
    return awaitsCommitted && !asking && failure.isEmpty();
  }

  /** The group has committed this. */
  void startsAtCommitted(OffsetAndMetadata at) {
    awaitsCommitted = false;
    startsAt(at.offset());
    lastFetchedEpoch = at.leaderEpoch().orElse(-1);
  }

  /** Whether its start is to be asked for. */
  boolean needsStart() {
    return start.isPresent() && !awaitsCommitted && !asking && failure.isEmpty();
  }

  /** Whether the question that is out is for its leader. */
  boolean asksForLeader() {
    return asking && start.isEmpty();
  }

  /** A question about it goes out. */
  void asks() {
    asking = true;
  }

  /** The question was answered. */
  void answered() {
    asking = false;
  }

  Optional<FetchConnection> connection() {
    return connection;
  }

  long id() {
    return id;
  }

  /** Whether it may be put on a stream now. */
  boolean waitsForStream(long nowMs) {
    return failure.isEmpty()
        && start.isEmpty()
        && connection.isEmpty()
        && !asking
        && !paused
        && nowMs >= notBeforeMs;
  }

  /** When {@link #waitsForStream} may turn true by time alone; {@code Long.MAX_VALUE} for never. */
  long retryAtMs() {
    return failure.isEmpty() && connection.isEmpty() && !asking && !paused
        ? notBeforeMs
        : Long.MAX_VALUE;
  }

  void moveTo(OffsetSpec to) {
    leaveStream();
    place.askLeader();
    failure = Optional.empty();
    report = Optional.empty();
    notBeforeMs = Long.MIN_VALUE;
    asking = false;
    moves++;
    position = UNKNOWN;
    lastFetchedEpoch = -1;
    topicId = groupTopic;
    awaitsCommitted = false;
    handOutPoll = UNKNOWN;
    start = Optional.of(to);
    startAtKnownOffset(to);
  }

  void startsAt(long offset) {
    asking = false;
    start = Optional.empty();
    position = offset;
  }

  /** Whether its position is an offset of that topic, as far as can be told. */
  boolean isOf(UUID topic) {
    return topicId.isEmpty() || topicId.get().equals(topic);
  }

  /** What is said when the topic's name means another topic now. */
  MillraceException otherTopic() {
    return new MillraceException(
        new MillraceError(
            ErrorCode.UNKNOWN_TOPIC_ID,
            partition
                + ": the topic was deleted and created again; offset "
                + position
                + " is one of the deleted topic (to read the new one, seek to a place in it)",
            Map.of(
                "topic", partition.topic(),
                "partition", Integer.toString(partition.partition()),
                "position", Long.toString(position))));
  }

  /** Why a message that names this subscription can't be meant for it, if so. */
  Optional<MillraceException> misfit(FetchMessage.Standing standing) {
    if (standing.partition() == partition.partition()
        && topicId.filter(id -> Uuids.toBytes(id).equals(standing.topicId())).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new MillraceException(
            ErrorCode.INTERNAL,
            "the broker sent partition "
                + standing.partition()
                + " of another topic or place (expected: "
                + partition
                + ")"));
  }

  void joined(FetchConnection stream, long subscriptionId, UUID topic) {
    topicId = Optional.of(topic);
    connection = Optional.of(stream);
    id = subscriptionId;
  }

  /** Whether by the metadata the broker whose stream it is on does not lead it. */
  boolean isLedElsewhere(TopicView topic) {
    int number = partition.partition();
    // Of fewer partitions tells a broker that is behind.
    return !isOf(topic.id())
        || (number < topic.partitions().size()
            && !connection
                .map(FetchConnection::broker)
                .equals(topic.partitions().get(number).leader()));
  }

  void leaveStream() {
    connection.ifPresent(stream -> stream.unsubscribe(id));
    connection = Optional.empty();
  }

  /** The broker ended the subscription; the next one is to begin at once. */
  void ended() {
    connection = Optional.empty();
  }

  /** The stream or the subscription is gone; to be tried again after a pause. */
  void lost(long nowMs, MillraceException why) {
    connection = Optional.empty();
    trouble = Optional.of(why);
    notBeforeMs = nowMs + backoff.nextMs();
    troubledSinceMs = Math.min(troubledSinceMs, nowMs);
  }

  /** Its place is gone; to be tried at another after a pause, longer each time. */
  void moveAfterPause(OffsetSpec to, long nowMs, MillraceException why) {
    connection = Optional.empty();
    moveTo(to);
    lost(nowMs, why);
  }

  Optional<MillraceException> trouble() {
    return trouble;
  }

  /** How long it has been in trouble, in milliseconds; 0 when it is not. */
  long troubledMs(long nowMs) {
    return Math.max(0, nowMs - troubledSinceMs);
  }

  /** The broker serves it. */
  void healthy() {
    backoff.reset();
    troubledSinceMs = Long.MAX_VALUE;
    trouble = Optional.empty();
    report = Optional.empty();
  }

  /** The trouble is to be reported; the next report is due after another full time-out. */
  void report(MillraceException e, long nowMs) {
    report = Optional.of(e);
    troubledSinceMs = nowMs;
  }

  Optional<MillraceException> report() {
    return report;
  }

  void reported(MillraceException e) {
    report = report.filter(other -> other != e);
  }

  void fail(MillraceException e) {
    connection = Optional.empty();
    failure = Optional.of(e);
  }

  Optional<MillraceException> failure() {
    return failure;
  }

  /**
   * The application was given everything below this offset.
   *
   * @param epoch the leader epoch of the batch before it; not looked at if it is the position still
   */
  void advanceTo(long offset, int epoch) {
    place.served();
    if (offset < position) {
      throw new IllegalStateException("position: " + offset + " (expected: >= " + position + ")");
    }
    if (offset > position) {
      position = offset;
      lastFetchedEpoch = epoch;
    }
  }

  /** A poll is about to hand out records from the position on. */
  void handsOut(long poll) {
    if (poll != handOutPoll) {
      handOutPoll = poll;
      handOutFrom = position;
      handOutFromEpoch = lastFetchedEpoch;
    }
  }

  /**
   * The place up to which the application has processed: what the present poll hands out it has not
   * (S42). Empty while the start is not known.
   *
   * @param poll the present one, or the last one
   */
  Optional<OffsetAndMetadata> processed(long poll) {
    if (poll == handOutPoll) {
      return Optional.of(place(handOutFrom, handOutFromEpoch));
    }
    return handedOut();
  }

  /** The place up to which the application was given records. Empty while the start is unknown. */
  Optional<OffsetAndMetadata> handedOut() {
    return start.isPresent() ? Optional.empty() : Optional.of(place(position, lastFetchedEpoch));
  }

  private static OffsetAndMetadata place(long offset, int epoch) {
    return new OffsetAndMetadata(
        offset, epoch < 0 ? OptionalInt.empty() : OptionalInt.of(epoch), "");
  }

  /** The leader epoch of the batch before the position, or -1. */
  int lastFetchedEpoch() {
    return lastFetchedEpoch;
  }

  /**
   * Where to go on when the leader's log parts from what was read: never further on, as the end
   * that it tells may be that of an older epoch, whose records behind the position were not read.
   */
  long partsAt(EpochEndOffset end) {
    return Math.min(end.getEndOffset(), position);
  }

  /** What is said when records that were read are not in the leader's log (KIP-320). */
  MillraceException truncated(EpochEndOffset end) {
    return new MillraceException(
        new MillraceError(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            partition
                + ": records that were read before offset "
                + position
                + " were lost with their leader, whose successor's epoch "
                + end.getEpoch()
                + " ends at "
                + end.getEndOffset(),
            Map.of(
                "offset", Long.toString(position),
                "diverging_epoch", Integer.toString(end.getEpoch()),
                "diverging_end_offset", Long.toString(end.getEndOffset()))));
  }
}
