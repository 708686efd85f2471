package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.BatchPart;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.producer.FrameResult;
import io.millrace.common.producer.ProducerEffects;
import io.millrace.common.producer.ProducerIdentity;
import io.millrace.common.producer.ProducerSession;
import io.millrace.common.producer.ProducerSettings;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpened;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.DoubleSupplier;

/**
 * One partition's way to its leader: the session, which decides, and the stream it is on now.
 * Confined to the producer's thread.
 *
 * <p>Whatever happens to it marks it as changed: else nobody would look at what it waits for next.
 */
final class PartitionPipe implements ProducerEffects<ProducerBatch> {
  /** What a pipe asks of the sender; carried out after the session's event has returned. */
  interface Owner {
    /** A batch is about to be put on a stream. */
    void sending(ProducerBatch batch);

    List<ProducerBatch> split(ProducerBatch batch, MillraceError error);

    void completed(ProducerBatch batch, BatchOutcome outcome);

    void needIdentity(PartitionPipe pipe, MillraceError reason);

    void abandon(PartitionPipe pipe, long streamEpoch);

    /** Something happened to the pipe: it may have something to do, or another time to do it. */
    void changed(PartitionPipe pipe);

    void ended(PartitionPipe pipe, MillraceError error);
  }

  /** Refusals after which the leader is looked up again. */
  private static final Set<ErrorCode> LEADER_MAY_HAVE_MOVED =
      Set.of(
          ErrorCode.NOT_LEADER,
          ErrorCode.LEADER_NOT_AVAILABLE,
          ErrorCode.FENCED_LEADER_EPOCH,
          ErrorCode.UNKNOWN_LEADER_EPOCH,
          ErrorCode.UNKNOWN_PARTITION,
          ErrorCode.LOG_DIR_OFFLINE);

  private final TopicPartition partition;
  private final TopicIdPartition id;
  private final ByteString topicIdBytes;
  private final Owner owner;
  private final Backoff backoff;

  /** Counts while something is expected of the leader. */
  private final LeaderSilence silence;

  /** Whether frames are not answered: a session without batches says nothing of their fate. */
  private final boolean unacknowledged;

  private final ProducerSession<ProducerBatch> session;
  private Optional<ProduceConnection> connection = Optional.empty();
  private int leaderEpoch = -1;
  private long timerAtMs = Long.MAX_VALUE;
  private long notBeforeMs = Long.MIN_VALUE;
  private boolean leaderInDoubt;

  /** Whether it got a batch since {@link #takeUnused}. */
  private boolean used;

  /** When brokers began to say that there is no such topic; empty while one knows it. */
  private OptionalLong goneSinceMs = OptionalLong.empty();

  /** Why there is no stream; empty while there is one, and before the first. */
  private Optional<MillraceError> trouble = Optional.empty();

  PartitionPipe(
      TopicPartition partition,
      UUID topicId,
      ProducerSettings settings,
      Optional<ProducerIdentity> identity,
      DoubleSupplier jitter,
      Backoff backoff,
      LeaderSilence silence,
      Owner owner) {
    this.partition = partition;
    this.id = new TopicIdPartition(topicId, partition.partition());
    this.topicIdBytes = Uuids.toBytes(topicId);
    this.owner = owner;
    this.backoff = backoff;
    this.silence = silence;
    this.unacknowledged = settings.acks() == Acks.NONE;
    this.session = new ProducerSession<>(settings, identity, jitter, this);
  }

  TopicPartition partition() {
    return partition;
  }

  TopicIdPartition id() {
    return id;
  }

  UUID topicId() {
    return id.topicId();
  }

  ProducerSession<ProducerBatch> session() {
    return session;
  }

  Optional<ProduceConnection> connection() {
    return connection;
  }

  /** Takes a batch to deliver. */
  void offer(ProducerBatch batch, long deadlineMs, long nowMs) {
    used = true;
    owner.changed(this);
    if (session.isIdle()) {
      silence.heard(nowMs);
    }
    session.offer(batch, batch.recordCount(), deadlineMs, nowMs);
  }

  /**
   * Whether it has had nothing to do since the last call: nothing is lost if it is dropped, but its
   * sequence numbers.
   */
  boolean takeUnused() {
    boolean unused = !used && !hasWork();
    used = false;
    return unused;
  }

  /** Whether the leader should be looked up again before going on. */
  boolean leaderInDoubt() {
    return leaderInDoubt;
  }

  /** Whether there is anything to do for it: batches to deliver, or a leader to find. */
  boolean hasWork() {
    return !session.isIdle() || (unacknowledged && leaderInDoubt);
  }

  /** Whether its leader should be looked up now. */
  boolean needsLookUp(long nowMs) {
    return leaderInDoubt && nowMs >= notBeforeMs && hasWork();
  }

  /** Whether it has something to send and nowhere to send it. */
  boolean needsStream(long nowMs) {
    return connection.isEmpty() && nowMs >= notBeforeMs && !session.isIdle();
  }

  /** When the next thing happens by time alone; {@code Long.MAX_VALUE} for never. */
  long nextMs(long nowMs) {
    boolean waits = connection.isEmpty() || leaderInDoubt;
    boolean pausing = waits && hasWork() && notBeforeMs > nowMs;
    long next = Math.min(timerAtMs, pausing ? notBeforeMs : Long.MAX_VALUE);
    return waitsForLeader() ? Math.min(next, silence.dueMs()) : next;
  }

  /** Whether the leader, which is not in doubt, is to answer something. */
  private boolean waitsForLeader() {
    return connection.isPresent() && !leaderInDoubt && !session.isIdle();
  }

  /** The leader as the metadata has it now; a pipe on another broker's stream leaves it. */
  void leaderIs(PartitionView view, long nowMs) {
    owner.changed(this);
    leaderInDoubt = false;
    silence.confirmed(nowMs);
    goneSinceMs = OptionalLong.empty();
    leaderEpoch = view.leaderEpoch();
    boolean moved = connection.isPresent() && !view.isLedBy(connection.get().broker());
    if (moved) {
      leaveStream(nowMs, new MillraceError(ErrorCode.NOT_LEADER, "the leader has moved"));
      leaderInDoubt = false;
      notBeforeMs = Long.MIN_VALUE;
    } else if (unacknowledged && connection.isPresent()) {
      // Nothing else keeps refusals that go on from asking without a pause.
      notBeforeMs = nowMs + backoff.nextMs();
    }
  }

  /** Goes on a stream that admits it; sends at once if the stream is open already. */
  void join(ProduceConnection stream, long nowMs) {
    connection = Optional.of(stream);
    silence.heard(nowMs);
    stream.limits().ifPresent(limits -> streamOpened(limits, nowMs));
  }

  /** Its stream is open now; if that has no place for it, another is looked for. */
  void streamOpened(ProduceStreamOpened limits, long nowMs) {
    owner.changed(this);
    silence.heard(nowMs);
    ProduceConnection stream = connection.orElseThrow();
    boolean again = stream.hasPlaced(this);
    if (!stream.place(this)) {
      connection = Optional.empty();
      return;
    }
    backoff.reset();
    trouble = Optional.empty();
    session.streamOpened(stream.epoch(), limits.getMaxInFlightBatches(), again, nowMs);
  }

  /** The stream is gone, or is no longer wanted; another one is looked for after a pause. */
  void leaveStream(long nowMs, MillraceError why) {
    if (connection.isPresent()) {
      long epoch = connection.get().epoch();
      connection = Optional.empty();
      retryLater(nowMs, why);
      session.streamClosed(epoch, nowMs);
    }
  }

  /**
   * No broker that was asked knows the topic. They may be behind: it is given up only if they say
   * so again later.
   *
   * @param patienceMs how much later
   * @return whether it is to be given up
   */
  boolean isGone(long nowMs, long patienceMs, MillraceError why) {
    long since = goneSinceMs.orElse(nowMs);
    if (goneSinceMs.isPresent() && nowMs - since >= patienceMs) {
      return true;
    }
    goneSinceMs = OptionalLong.of(since);
    retryLater(nowMs, why);
    return false;
  }

  void retryLater(long nowMs, MillraceError why) {
    owner.changed(this);
    leaderInDoubt = true;
    trouble = Optional.of(why);
    notBeforeMs = nowMs + backoff.nextMs();
  }

  /** What can't be true of an answer to one of this pipe's frames. */
  Optional<String> defect(ProducerBatch batch, PartitionProduceResult result) {
    boolean other =
        result.getPartition() != partition.partition() || !result.getTopicId().equals(topicIdBytes);
    if (other) {
      return Optional.of(
          "an answer about partition " + result.getPartition() + " to a frame of " + partition);
    }
    long last = result.getBaseOffset() + batch.recordCount() - 1;
    boolean placed = result.getBaseOffset() >= 0 && result.getLastOffset() == last;
    return result.hasError() || placed
        ? Optional.empty()
        : Optional.of(
            "offsets "
                + result.getBaseOffset()
                + " to "
                + result.getLastOffset()
                + " for "
                + batch.recordCount()
                + " records");
  }

  /** The identity that was asked for. */
  void identityGranted(ProducerIdentity granted, long nowMs) {
    owner.changed(this);
    session.identityGranted(granted, nowMs);
  }

  void answered(ProduceConnection stream, ProduceConnection.Frame frame, long nowMs) {
    owner.changed(this);
    FrameResult result = convert(frame.result());
    // One that was left says nothing of the next.
    if (connection.filter(own -> own == stream).isPresent()) {
      silence.heard(nowMs);
      if (result instanceof FrameResult.Refused refused) {
        leaderInDoubt |= LEADER_MAY_HAVE_MOVED.contains(refused.error().code());
      }
    }
    session.answered(stream.epoch(), frame.sendId(), result, nowMs);
  }

  void tick(long nowMs) {
    leaderInDoubt |= waitsForLeader() && nowMs >= silence.dueMs();
    if (nowMs >= timerAtMs) {
      timerAtMs = Long.MAX_VALUE;
      session.tick(nowMs);
    }
  }

  static FrameResult convert(ProduceFrameResult frame) {
    PartitionProduceResult result = frame.getResult();
    return result.hasError()
        ? new FrameResult.Refused(GrpcErrors.fromProto(result.getError()))
        : new FrameResult.Appended(
            result.getBaseOffset(),
            result.getLastOffset(),
            result.getLogAppendTimeMs(),
            result.getDuplicate());
  }

  @Override
  public void sendFrame(
      long streamEpoch, long sendId, ProducerBatch batch, BatchSequence sequence) {
    owner.sending(batch);
    PartitionBatch frame =
        PartitionBatch.newBuilder()
            .setTopicId(topicIdBytes)
            .setPartition(partition.partition())
            .setLeaderEpoch(leaderEpoch)
            .build();
    connection.orElseThrow().sendFrame(this, sendId, batch, frame, batch.stamped(sequence));
  }

  @Override
  public void resume(long streamEpoch, int nextSequence) {
    connection.orElseThrow().resume(topicIdBytes, partition.partition(), nextSequence);
  }

  @Override
  public List<BatchPart<ProducerBatch>> split(ProducerBatch batch, MillraceError error) {
    return owner.split(batch, error).stream()
        .map(part -> new BatchPart<>(part, part.recordCount()))
        .toList();
  }

  @Override
  public void complete(ProducerBatch batch, BatchOutcome outcome) {
    owner.completed(batch, withTrouble(outcome));
  }

  /** Who waited in vain is told what stood in the way. */
  private BatchOutcome withTrouble(BatchOutcome outcome) {
    if (trouble.isPresent()
        && outcome instanceof BatchOutcome.Failed failed
        && failed.error().code() == ErrorCode.REQUEST_TIMED_OUT) {
      String message = failed.error().message() + "; no stream now: " + trouble.get().message();
      Map<String, String> details = failed.error().details();
      return new BatchOutcome.Failed(
          new MillraceError(failed.error().code(), message, details), failed.maybeAppended());
    }
    return outcome;
  }

  @Override
  public void refusedUnacknowledged(long sendId, MillraceError error) {
    // It was counted when it came: it may be of a stream that the session knows no more.
  }

  @Override
  public void setTimer(long atMs) {
    timerAtMs = atMs;
    owner.changed(this);
  }

  @Override
  public void abandonStream(long streamEpoch) {
    owner.abandon(this, streamEpoch);
  }

  @Override
  public void needIdentity(MillraceError reason) {
    owner.needIdentity(this, reason);
  }

  @Override
  public void ended(MillraceError error) {
    owner.ended(this, error);
  }
}
