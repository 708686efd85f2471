package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Where a partition stands on this broker: role, epochs, offsets and settings. Confined to its
 * core.
 *
 * <p>{@code logStartOffset <= highWatermark <= logEndOffset <= nextOffset} after each event; the
 * high watermark and the log start never move back, but where a follower's log is cut below them.
 */
final class PartitionState {
  private final Acknowledgements acknowledgements;
  private PartitionSettings settings;
  private Role role = Role.IDLE;
  private MillraceError refusal = Refusals.noLeaderYet();
  private int leaderEpoch = -1;
  private int partitionEpoch = -1;
  private long epochStartOffset;

  /** Whether this follower is in the committed ISR of {@link #partitionEpoch}. */
  private boolean followsInSync;

  /** At most {@link #highWatermark}. */
  private long logStartOffset;

  /** Between {@link #logStartOffset} and {@link #logEndOffset}. */
  private long highWatermark;

  /** Who joins the ISR has nothing below it: clients may have been told that it is gone (S33). */
  private long deletedBefore;

  /** One past the last record in the log. */
  private long logEndOffset;

  /** At least {@link #logEndOffset}: what is being appended lies between. */
  private long nextOffset;

  /**
   * Where batches begin that were found corrupt; in [{@link #logStartOffset}, {@link
   * #logEndOffset}).
   */
  private final NavigableSet<Long> damaged = new TreeSet<>();

  PartitionState(int brokerId, LogPositions positions, PartitionSettings settings) {
    this.settings = settings;
    this.acknowledgements =
        new Acknowledgements(brokerId, positions, settings.acknowledgeDurable());
    logStartOffset = positions.logStartOffset();
    highWatermark = positions.highWatermark();
    logEndOffset = positions.logEndOffset();
    nextOffset = positions.logEndOffset();
    epochStartOffset = positions.logEndOffset();
  }

  Acknowledgements acknowledgements() {
    return acknowledgements;
  }

  PartitionSettings settings() {
    return settings;
  }

  void settings(PartitionSettings changed) {
    settings = changed;
    acknowledgements.durableWanted(changed.acknowledgeDurable());
  }

  Role role() {
    return role;
  }

  boolean leads() {
    return role == Role.LEADER;
  }

  MillraceError refusal() {
    return refusal;
  }

  int leaderEpoch() {
    return leaderEpoch;
  }

  int partitionEpoch() {
    return partitionEpoch;
  }

  long epochStartOffset() {
    return epochStartOffset;
  }

  long logStartOffset() {
    return logStartOffset;
  }

  long highWatermark() {
    return highWatermark;
  }

  long logEndOffset() {
    return logEndOffset;
  }

  long nextOffset() {
    return nextOffset;
  }

  /** Whether a stored batch was found corrupt and is still there. */
  boolean isDamaged() {
    return !damaged.isEmpty();
  }

  /** Where the first of them begins; there is one. */
  long damagedFrom() {
    return damaged.first();
  }

  /** A stored batch was found corrupt; whether that is news. */
  boolean damaged(long offset) {
    return offset >= logStartOffset && offset < logEndOffset && damaged.add(offset);
  }

  /** Whether a request believes in another leader epoch. */
  boolean isWrongEpoch(int asked) {
    return asked != PartitionEvent.ANY_EPOCH && asked != leaderEpoch;
  }

  void becomeLeader(LeaderState state) {
    role = Role.LEADER;
    leaderEpoch = state.leaderEpoch();
    partitionEpoch = state.partitionEpoch();
    epochStartOffset = nextOffset;
    // What former leaders have told is not known; they told of nothing that is here.
    deletedBefore = logStartOffset;
    acknowledgements.becomeLeader(state);
  }

  void committed(LeaderState state) {
    partitionEpoch = state.partitionEpoch();
    acknowledgements.apply(state);
  }

  void becomeFollower(PartitionEvent.BecomeFollower follow) {
    role = Role.FOLLOWER;
    refusal = Refusals.notLeader(follow.leaderId(), follow.leaderEpoch());
    leaderEpoch = follow.leaderEpoch();
    partitionEpoch = follow.partitionEpoch();
    followsInSync = follow.inSync();
    epochStartOffset = logEndOffset;
  }

  /** The ISR may have changed under the leader that is followed. */
  void followerCommitted(PartitionEvent.BecomeFollower follow) {
    if (role == Role.FOLLOWER
        && follow.leaderEpoch() == leaderEpoch
        && follow.partitionEpoch() > partitionEpoch) {
      partitionEpoch = follow.partitionEpoch();
      followsInSync = follow.inSync();
    }
  }

  /** Whether this broker follows and is in the committed ISR. */
  boolean followsInSync() {
    return role == Role.FOLLOWER && followsInSync;
  }

  void leave(Role next, MillraceError why) {
    role = next;
    refusal = why;
  }

  /** Gives out so many offsets for records to be appended; the first of them. */
  long takeOffsets(int records) {
    long first = nextOffset;
    nextOffset += records;
    return first;
  }

  void appendedUpTo(long newLogEndOffset) {
    logEndOffset = newLogEndOffset;
    acknowledgements.leaderAppended(newLogEndOffset);
  }

  /** Batches of the leader were appended. */
  void replicatedUpTo(long newLogEndOffset) {
    nextOffset = newLogEndOffset;
    appendedUpTo(newLogEndOffset);
  }

  /** The leader's high watermark holds here as far as this log goes; whether ours moved. */
  boolean followHighWatermark(long leaderHighWatermark) {
    long candidate = Math.min(leaderHighWatermark, logEndOffset);
    if (candidate <= highWatermark) {
      return false;
    }
    highWatermark = candidate;
    return true;
  }

  /**
   * The log was cut. Only an unclean election, or damage, makes that go below the high watermark,
   * which then follows: what it stood for is lost, or comes again (KAFKA-9491).
   */
  void cutTo(long newLogStartOffset, long newLogEndOffset) {
    logStartOffset = newLogStartOffset;
    logEndOffset = newLogEndOffset;
    nextOffset = newLogEndOffset;
    highWatermark = Math.max(newLogStartOffset, Math.min(highWatermark, newLogEndOffset));
    acknowledgements.leaderCut(newLogEndOffset);
    damaged.tailSet(newLogEndOffset, true).clear();
    damaged.headSet(newLogStartOffset, false).clear();
  }

  void logStartMovedTo(long newLogStartOffset) {
    logStartOffset = Math.max(logStartOffset, newLogStartOffset);
    damaged.headSet(logStartOffset, false).clear();
  }

  long deletedBefore() {
    return deletedBefore;
  }

  /** Somebody is told that the records below an offset are gone. */
  void toldDeletedBefore(long offset) {
    deletedBefore = Math.max(deletedBefore, offset);
  }

  /** Moves the high watermark as far as the in-sync replicas are; whether it moved. */
  boolean advance() {
    long candidate = acknowledgements.smallestInMaximalIsr();
    if (!acknowledgements.enoughInSync() || candidate <= highWatermark) {
      return false;
    }
    highWatermark = Math.min(candidate, logEndOffset);
    return true;
  }

  /** Whether the offsets are in their order. */
  boolean isSound() {
    return logStartOffset <= highWatermark
        && highWatermark <= logEndOffset
        && logEndOffset <= nextOffset;
  }

  @Override
  public String toString() {
    return "log start %d, high watermark %d, log end %d, next %d"
        .formatted(logStartOffset, highWatermark, logEndOffset, nextOffset);
  }
}
