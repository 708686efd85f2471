package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import java.util.List;
import java.util.Set;

/**
 * Decides everything about one partition on one broker: what is appended, where the high watermark
 * stands, who is answered what and when. Confined to the thread that drives it (the partition's
 * shard, or the simulator); pure: nothing happens but through the effects it hands out.
 *
 * <p>{@code logStartOffset <= highWatermark <= logEndOffset <= nextOffset} at all times, the high
 * watermark never moves back, and every request is answered exactly once.
 */
public final class PartitionCore {
  private static final Effect.RequestFlush REQUEST_FLUSH = new Effect.RequestFlush();

  private final int brokerId;
  private final FaultHandler faults;
  private final PartitionState state;
  private final ProduceRequests produces;
  private final DeleteRequests deletes;
  private final Followers followers;
  private final Following following;
  private boolean flushRequested;

  /** What was said last as a leader: it is asked for after each run, and changes seldom. */
  private ReadStanding leading = ReadStanding.ALONE;

  /**
   * Makes the core of a partition that nobody leads yet.
   *
   * @param brokerId this broker
   * @param positions where the log stands
   * @param settings the topic's settings
   * @param lagTimeMaxMs how long a follower may lag behind and stay in sync (S09)
   * @param log what the log remembers
   * @param attemptsFrom what attempts to follow are numbered from
   * @param faults told of a broken invariant
   */
  public PartitionCore(
      int brokerId,
      LogPositions positions,
      PartitionSettings settings,
      long lagTimeMaxMs,
      LogMemory log,
      long attemptsFrom,
      FaultHandler faults) {
    this.brokerId = brokerId;
    this.faults = faults;
    this.state = new PartitionState(brokerId, positions, settings);
    this.produces = new ProduceRequests(state, log);
    this.followers = new Followers(state, log, lagTimeMaxMs);
    this.deletes = new DeleteRequests(state, followers);
    this.following = new Following(state, log, lagTimeMaxMs, attemptsFrom);
  }

  /** What this broker is to the partition. */
  public Role role() {
    return state.role();
  }

  /** Why requests are refused while this broker does not lead. */
  public MillraceError refusal() {
    return state.refusal();
  }

  /** The epoch of the leadership, or of the last one; -1 before the first. */
  public int leaderEpoch() {
    return state.leaderEpoch();
  }

  /** What the replicas are to readers. */
  public ReadStanding readStanding() {
    if (state.leads() && state.acknowledgements().hasFollowers()) {
      return ofLeader();
    }
    return state.followsInSync() && following.mayServeReaders()
        ? ReadStanding.SERVING_FOLLOWER
        : ReadStanding.ALONE;
  }

  private ReadStanding ofLeader() {
    Acknowledgements replicas = state.acknowledgements();
    boolean othersInSync = replicas.inSync() > 1;
    boolean same =
        leading.othersInSync() == othersInSync
            && replicas.areInSyncFollowersWith(state.highWatermark(), leading.readReplicas());
    if (!same) {
      leading =
          new ReadStanding(
              replicas.inSyncFollowersWith(state.highWatermark()), othersInSync, false);
    }
    return leading;
  }

  /** Where the log ended when this leader epoch began. */
  public long epochStartOffset() {
    return state.epochStartOffset();
  }

  /** The first offset that may be read. */
  public long logStartOffset() {
    return state.logStartOffset();
  }

  /** One past the last record that readers may see. */
  public long highWatermark() {
    return state.highWatermark();
  }

  /** One past the last record in the log. */
  public long logEndOffset() {
    return state.logEndOffset();
  }

  /** Whether a follower's batches are what comes next, as far as their frame tells. */
  public boolean awaits(FollowingEvent.ReplicatedBatches batches) {
    return following.awaits(batches);
  }

  /** Whether the log is being cut: then nothing but the end of that may be told. */
  public boolean isCutting() {
    return following.isCutting();
  }

  /**
   * Takes an event.
   *
   * @param event what happened
   * @param nowMs when, on one monotonic clock for all events
   * @param effects takes what is to be done, in order
   */
  public void on(PartitionEvent event, long nowMs, List<Effect> effects) {
    requireLogAtRest(event);
    if (event instanceof PartitionEvent.Produce produce) {
      produces.on(produce, nowMs, effects);
    } else if (event instanceof PartitionEvent.Appended appended) {
      onAppended(appended.logEndOffset(), nowMs, effects);
    } else if (event instanceof PartitionEvent.Flushed flushed) {
      onFlushed(flushed.durableOffset(), effects);
    } else if (event instanceof LeadingEvent leading) {
      followers.on(leading, nowMs, effects);
      advance(effects);
    } else if (event instanceof FollowingEvent news) {
      following.on(news, nowMs, effects);
      requestFlushIfNeeded(effects);
    } else if (event instanceof PartitionEvent.Tick) {
      produces.expire(nowMs, effects);
      deletes.expire(nowMs, effects);
      followers.tick(nowMs, effects);
      following.tick(nowMs, effects);
    } else if (event instanceof PartitionEvent.RefuseFrame refused) {
      produces.on(refused, effects);
    } else if (event instanceof PartitionEvent.ResumePipeline resume) {
      produces.resumePipeline(resume.pipeline(), resume.nextSequence());
    } else if (event instanceof PartitionEvent.ClosePipeline close) {
      produces.closePipeline(close.pipeline());
    } else if (event instanceof PartitionEvent.DeleteRecords delete) {
      deletes.on(delete, nowMs, effects);
    } else if (event instanceof PartitionEvent.LogStartMoved moved) {
      state.logStartMovedTo(moved.logStartOffset());
      deletes.release(effects);
      following.acknowledge(effects);
    } else if (event instanceof PartitionEvent.LogDamaged damaged) {
      if (!state.role().terminal() && state.damaged(damaged.offset())) {
        followers.leaderDamaged(nowMs, effects);
      }
    } else {
      onChangeOfState(event, nowMs, effects);
    }
    checkInvariants(event);
  }

  /** Between an effect that changes the log and the event that it is done nothing may happen. */
  private void requireLogAtRest(PartitionEvent event) {
    boolean terminal =
        event instanceof PartitionEvent.LogDirOffline || event instanceof PartitionEvent.Close;
    if (following.isCutting() && !terminal && !(event instanceof FollowingEvent.Truncated)) {
      throw faults.fatal("event while the log is being cut: " + event, null);
    }
  }

  private void onChangeOfState(PartitionEvent event, long nowMs, List<Effect> effects) {
    if (produces.isAppending() && !(event instanceof PartitionEvent.LogDirOffline)) {
      throw faults.fatal("event while appends are under way: " + event, null);
    }
    if (event instanceof PartitionEvent.BecomeLeader become) {
      onBecomeLeader(become.state(), nowMs, effects);
    } else if (event instanceof PartitionEvent.BecomeFollower follow) {
      onBecomeFollower(follow, effects);
    } else if (event instanceof PartitionEvent.StateCommitted committed) {
      onStateCommitted(committed.state(), nowMs, effects);
    } else if (event instanceof PartitionEvent.SettingsChanged changed) {
      state.settings(changed.settings());
      advance(effects);
      requestFlushIfNeeded(effects);
      following.acknowledge(effects);
    } else if (event instanceof PartitionEvent.Resign resign) {
      leave(Role.IDLE, resign.refusal(), effects);
    } else if (event instanceof PartitionEvent.LogDirOffline offline) {
      leave(Role.OFFLINE, offline.refusal(), effects);
    } else if (event instanceof PartitionEvent.Close close) {
      leave(Role.CLOSED, close.refusal(), effects);
    } else {
      throw faults.fatal("event without a rule: " + event, null);
    }
  }

  // ---- acknowledgement

  private void onAppended(long newLogEndOffset, long nowMs, List<Effect> effects) {
    if (newLogEndOffset < state.logEndOffset() || newLogEndOffset > state.nextOffset()) {
      throw faults.fatal(
          "appended up to: %d (expected: [%d, %d])"
              .formatted(newLogEndOffset, state.logEndOffset(), state.nextOffset()),
          null);
    }
    followers.leaderAppends(state.logEndOffset(), nowMs, effects);
    state.appendedUpTo(newLogEndOffset);
    advance(effects);
    produces.appended(effects);
    requestFlushIfNeeded(effects);
  }

  private void onFlushed(long durableOffset, List<Effect> effects) {
    if (durableOffset > state.logEndOffset()) {
      throw faults.fatal(
          "flushed up to: %d (expected: <= %d, the log end)"
              .formatted(durableOffset, state.logEndOffset()),
          null);
    }
    flushRequested = false;
    state.acknowledgements().leaderDurable(durableOffset);
    advance(effects);
    if (state.settings().acknowledgeDurable()) {
      following.acknowledge(effects);
    }
    requestFlushIfNeeded(effects);
  }

  private void requestFlushIfNeeded(List<Effect> effects) {
    if (!flushRequested
        && !state.role().terminal()
        && state.settings().acknowledgeDurable()
        && state.acknowledgements().leaderDurable() < state.logEndOffset()) {
      flushRequested = true;
      effects.add(REQUEST_FLUSH);
    }
  }

  /** Moves the high watermark as far as it goes and answers what it and the leader have reached. */
  private void advance(List<Effect> effects) {
    if (!state.leads()) {
      return;
    }
    if (state.advance()) {
      effects.add(new Effect.MoveHighWatermark(state.highWatermark()));
    }
    produces.release(effects);
    deletes.release(effects);
  }

  // ---- role

  private void onBecomeLeader(LeaderState leadership, long nowMs, List<Effect> effects) {
    if (state.role().terminal() || leadership.leaderEpoch() <= state.leaderEpoch()) {
      return;
    }
    if (!leadership.isr().contains(brokerId)) {
      throw faults.fatal(
          "broker %d leads epoch %d outside its ISR %s"
              .formatted(brokerId, leadership.leaderEpoch(), leadership.isr()),
          null);
    }
    following.stop(effects);
    followers.endAll(Refusals.leadsAnew(leadership.leaderEpoch()), effects);
    state.becomeLeader(leadership);
    followers.becameLeader(nowMs, effects);
    produces.failIfTooFewInSync(effects);
    advance(effects);
    requestFlushIfNeeded(effects);
  }

  private void onBecomeFollower(PartitionEvent.BecomeFollower follow, List<Effect> effects) {
    boolean known =
        follow.leaderEpoch() < state.leaderEpoch()
            || (follow.leaderEpoch() == state.leaderEpoch() && state.role() != Role.IDLE);
    if (state.role().terminal() || known) {
      state.followerCommitted(follow);
      return;
    }
    MillraceError why = Refusals.notLeader(follow.leaderId(), follow.leaderEpoch());
    // In an epoch in which it has subscribed before, somebody may begin to count on it by now.
    boolean countedOn = follow.countedOn() || follow.leaderEpoch() == state.leaderEpoch();
    followers.endAll(why, effects);
    state.becomeFollower(follow);
    produces.failAll(why, effects);
    deletes.failAll(why, effects);
    following.begin(follow.leaderId(), countedOn, effects);
  }

  private void onStateCommitted(LeaderState committed, long nowMs, List<Effect> effects) {
    if (!state.leads()
        || committed.leaderEpoch() != state.leaderEpoch()
        || committed.partitionEpoch() <= state.partitionEpoch()) {
      return;
    }
    Set<Integer> isrBefore = state.acknowledgements().committedIsr();
    followers.endOthersThan(committed.replicas(), effects);
    state.committed(committed);
    // First, or a follower that is behind what is committed now would be thought to be in time.
    advance(effects);
    followers.committed(isrBefore, nowMs, effects);
    produces.failIfTooFewInSync(effects);
  }

  /** Takes part no more, for now or for good; nothing waits on. */
  private void leave(Role next, MillraceError why, List<Effect> effects) {
    if (state.role().terminal()) {
      return;
    }
    following.stop(effects);
    followers.endAll(why, effects);
    state.leave(next, why);
    produces.failAll(why, effects);
    deletes.failAll(why, effects);
  }

  private void checkInvariants(PartitionEvent event) {
    if (!state.isSound()) {
      throw faults.fatal("%s after %s (expected: in this order)".formatted(state, event), null);
    }
  }
}
