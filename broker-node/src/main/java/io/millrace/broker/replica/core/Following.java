package io.millrace.broker.replica.core;

import io.millrace.common.ErrorCode;
import java.util.List;
import java.util.OptionalLong;

/**
 * The follower's side of replication: one attempt after the other to follow the leader of the
 * current epoch. Confined to its core.
 *
 * <p>What the leader says counts only under the newest attempt, and its batches and high watermark
 * only once it has accepted that: then the logs agree up to this one's end, so nothing that is to
 * be cut is ever shown (KAFKA-14704).
 */
final class Following {
  /** How long after bad batches the leader is left alone. */
  static final long PAUSE_MS = 1_000;

  /** How long if the leader's own log is corrupt: that mends when another one leads, or never. */
  static final long CORRUPT_LEADER_PAUSE_MS = 30_000;

  private enum Phase {
    /** This broker does not follow. */
    IDLE,
    /** The leader has not answered the attempt. */
    ASKED,
    /**
     * The leader has not answered an attempt that only asks whether it is there; what is corrupt is
     * cut off once it has.
     */
    SOUNDING,
    /** The leader has accepted the attempt. */
    ACCEPTED,
    /** The log is being cut. */
    CUTTING,
    /** Until a time. */
    PAUSED
  }

  private final PartitionState state;
  private final LogMemory log;
  private Phase phase = Phase.IDLE;
  private long attempt;
  private int leaderId;

  /** Whether what is corrupt is to be cut off before batches are fetched. */
  private boolean cutsDamage;

  private long leaderHighWatermark;
  private long leaderLogStartOffset;

  /** The log start that was asked for; it moves later. */
  private long wantedLogStartOffset;

  private long pausedUntilMs;

  private final long lagTimeMaxMs;

  /**
   * Whether readers may be served: the leader of this epoch has accepted the log, so that nothing
   * of it is cut as long as this epoch is the newest known, and has been followed within the lag
   * time.
   */
  private boolean servesReaders;

  /** Since when the leader that had accepted has not been followed. */
  private OptionalLong absentSinceMs = OptionalLong.empty();

  Following(PartitionState state, LogMemory log, long lagTimeMaxMs, long attemptsFrom) {
    this.attempt = attemptsFrom;
    this.state = state;
    this.log = log;
    this.lagTimeMaxMs = lagTimeMaxMs;
  }

  boolean isCutting() {
    return phase == Phase.CUTTING;
  }

  /** Whether readers may be served what is below the high watermark, if this replica is in sync. */
  boolean mayServeReaders() {
    return servesReaders;
  }

  // ---- role

  /**
   * Follows a leader from now on. What is corrupt is cut off first, if nobody counts on this
   * replica, and once the leader is known to live: before this replica has told it how far its log
   * goes, nobody can begin to count on it in this epoch.
   */
  void begin(int newLeaderId, boolean countedOn, List<Effect> effects) {
    stop(effects);
    leaderId = newLeaderId;
    cutsDamage = state.isDamaged() && !countedOn;
    subscribe(effects);
  }

  /** Follows nobody any more. */
  void stop(List<Effect> effects) {
    unsubscribe(effects);
    phase = Phase.IDLE;
    servesReaders = false;
    absentSinceMs = OptionalLong.empty();
  }

  private void subscribe(List<Effect> effects) {
    attempt++;
    wantedLogStartOffset = 0;
    leaderHighWatermark = 0;
    leaderLogStartOffset = 0;
    cutsDamage &= state.isDamaged();
    if (cutsDamage) {
      // As if the log were empty: no cut leaves less than that, so it can be counted on.
      ask(Phase.SOUNDING, state.logStartOffset(), -1, effects);
    } else {
      ask(Phase.ASKED, state.logEndOffset(), log.lastBatchEpoch(), effects);
    }
  }

  private void ask(Phase next, long position, int lastEpoch, List<Effect> effects) {
    phase = next;
    effects.add(
        new FollowingEffect.Subscribe(attempt, leaderId, state.leaderEpoch(), position, lastEpoch));
  }

  private void unsubscribe(List<Effect> effects) {
    if (isUnderWay()) {
      effects.add(new FollowingEffect.Unsubscribe(attempt));
    }
  }

  private void onEnded(FollowingEvent.SubscriptionEnded ended, long nowMs, List<Effect> effects) {
    boolean corrupt = ended.why().filter(why -> why.code() == ErrorCode.CORRUPT_BATCH).isPresent();
    if (corrupt) {
      pause(nowMs + CORRUPT_LEADER_PAUSE_MS, effects);
    } else {
      subscribe(effects);
    }
  }

  private void pause(long untilMs, List<Effect> effects) {
    phase = Phase.PAUSED;
    pausedUntilMs = untilMs;
    effects.add(new Effect.SetTimer(pausedUntilMs));
  }

  void tick(long nowMs, List<Effect> effects) {
    if (phase == Phase.PAUSED && nowMs >= pausedUntilMs) {
      subscribe(effects);
    }
    if (absentSinceMs.isPresent() && nowMs >= absentSinceMs.getAsLong() + lagTimeMaxMs) {
      servesReaders = false;
      absentSinceMs = OptionalLong.empty();
    }
  }

  /** What the readers of this replica may count on, after an event. */
  private void reviewReaders(long nowMs, List<Effect> effects) {
    if (phase == Phase.ACCEPTED) {
      servesReaders = true;
      absentSinceMs = OptionalLong.empty();
    } else if (phase == Phase.CUTTING) {
      servesReaders = false;
      absentSinceMs = OptionalLong.empty();
    } else if (servesReaders && absentSinceMs.isEmpty()) {
      absentSinceMs = OptionalLong.of(nowMs);
      effects.add(new Effect.SetTimer(nowMs + lagTimeMaxMs));
    }
  }

  // ---- what the leader says

  void on(FollowingEvent event, long nowMs, List<Effect> effects) {
    take(event, nowMs, effects);
    reviewReaders(nowMs, effects);
  }

  private void take(FollowingEvent event, long nowMs, List<Effect> effects) {
    if (event instanceof FollowingEvent.ReplicatedBatches batches) {
      onBatches(batches, effects);
    } else if (event instanceof FollowingEvent.Replicated replicated) {
      onReplicated(replicated.logEndOffset(), effects);
    } else if (event instanceof FollowingEvent.WatermarksMoved moved) {
      if (isAccepted(moved.attempt())) {
        learn(moved.highWatermark(), moved.logStartOffset(), effects);
      }
    } else if (event instanceof FollowingEvent.Subscribed subscribed) {
      onSubscribed(subscribed, effects);
    } else if (event instanceof FollowingEvent.Diverged diverged) {
      onDiverged(diverged, nowMs, effects);
    } else if (event instanceof FollowingEvent.StartAt startAt) {
      onStartAt(startAt, effects);
    } else if (event instanceof FollowingEvent.SubscriptionEnded ended) {
      if (isCurrent(ended.attempt())) {
        onEnded(ended, nowMs, effects);
      }
    } else if (event instanceof FollowingEvent.ReplicationRefused) {
      unsubscribe(effects);
      pause(nowMs + PAUSE_MS, effects);
    } else if (event instanceof FollowingEvent.Truncated cut) {
      onTruncated(cut, effects);
    }
  }

  private boolean isCurrent(long named) {
    return named == attempt && isUnderWay();
  }

  private boolean isUnderWay() {
    return phase == Phase.ASKED || phase == Phase.SOUNDING || phase == Phase.ACCEPTED;
  }

  private boolean isAccepted(long named) {
    return named == attempt && phase == Phase.ACCEPTED;
  }

  /** Whether the batches are what comes next, as far as their frame tells. */
  boolean awaits(FollowingEvent.ReplicatedBatches batches) {
    return isAccepted(batches.attempt()) && batches.prevEndOffset() == state.logEndOffset();
  }

  private void onSubscribed(FollowingEvent.Subscribed subscribed, List<Effect> effects) {
    if (isCurrent(subscribed.attempt()) && phase == Phase.SOUNDING) {
      unsubscribe(effects);
      cutDamage(effects);
    } else if (isCurrent(subscribed.attempt())) {
      phase = Phase.ACCEPTED;
      learn(subscribed.highWatermark(), subscribed.logStartOffset(), effects);
      acknowledge(effects);
    }
  }

  private void onBatches(FollowingEvent.ReplicatedBatches batches, List<Effect> effects) {
    if (!isAccepted(batches.attempt())) {
      return;
    }
    if (!awaits(batches)) {
      unsubscribe(effects);
      subscribe(effects);
      return;
    }
    hear(batches.highWatermark(), batches.logStartOffset());
    effects.add(new FollowingEffect.AppendReplicated(batches));
  }

  private void onReplicated(long newLogEndOffset, List<Effect> effects) {
    state.replicatedUpTo(newLogEndOffset);
    learn(leaderHighWatermark, leaderLogStartOffset, effects);
    acknowledge(effects);
  }

  /** News of watermarks may overtake batches that wait; neither offset goes back. */
  private void hear(long highWatermark, long logStartOffset) {
    leaderHighWatermark = Math.max(leaderHighWatermark, highWatermark);
    leaderLogStartOffset = Math.max(leaderLogStartOffset, logStartOffset);
  }

  /** The leader's offsets, as far as this log goes (S04, S33). */
  private void learn(long highWatermark, long logStartOffset, List<Effect> effects) {
    hear(highWatermark, logStartOffset);
    if (state.followHighWatermark(leaderHighWatermark)) {
      effects.add(new Effect.MoveHighWatermark(state.highWatermark()));
    }
    long start = Math.min(leaderLogStartOffset, state.highWatermark());
    if (start > Math.max(state.logStartOffset(), wantedLogStartOffset)) {
      wantedLogStartOffset = start;
      effects.add(new Effect.MoveLogStart(start));
    }
  }

  /**
   * Tells the leader how far this log is, if it listens. Where durable records alone count here,
   * nothing else is told, whatever counts at the leader (S14: this replica vouches for it).
   */
  void acknowledge(List<Effect> effects) {
    if (phase == Phase.ACCEPTED) {
      long durable = state.acknowledgements().leaderDurable();
      boolean durableOnly = state.settings().acknowledgeDurable();
      effects.add(
          new FollowingEffect.Acknowledge(
              attempt,
              durableOnly ? durable : state.logEndOffset(),
              durable,
              state.logStartOffset()));
    }
  }

  // ---- cutting

  /** The leader lives, whatever it answered: it has what is cut off here. */
  private void cutDamage(List<Effect> effects) {
    if (state.isDamaged()) {
      phase = Phase.CUTTING;
      effects.add(new FollowingEffect.Truncate(state.damagedFrom()));
    } else {
      // Deleted meanwhile.
      subscribe(effects);
    }
  }

  private void onDiverged(FollowingEvent.Diverged diverged, long nowMs, List<Effect> effects) {
    if (!isCurrent(diverged.attempt())) {
      return;
    }
    if (phase == Phase.SOUNDING) {
      cutDamage(effects);
      return;
    }
    long cut =
        Divergence.cutOffset(log, state.logEndOffset(), diverged.epoch(), diverged.endOffset());
    if (cut >= state.logEndOffset()) {
      // An answer that changes nothing would come again at once.
      pause(nowMs + PAUSE_MS, effects);
    } else {
      phase = Phase.CUTTING;
      effects.add(new FollowingEffect.Truncate(Math.max(0, cut)));
    }
  }

  private void onStartAt(FollowingEvent.StartAt startAt, List<Effect> effects) {
    if (isCurrent(startAt.attempt()) && phase == Phase.SOUNDING) {
      cutDamage(effects);
    } else if (isCurrent(startAt.attempt())) {
      phase = Phase.CUTTING;
      effects.add(new FollowingEffect.TruncateFullyAndStartAt(startAt.offset()));
    }
  }

  private void onTruncated(FollowingEvent.Truncated cut, List<Effect> effects) {
    state.cutTo(cut.logStartOffset(), cut.logEndOffset());
    effects.add(new Effect.MoveHighWatermark(state.highWatermark()));
    if (phase == Phase.CUTTING) {
      subscribe(effects);
    }
  }
}
