package io.millrace.broker.replica.core;

import io.millrace.common.Acks;
import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

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
  private final ProducerSequences producers;
  private final FaultHandler faults;
  private final Acknowledgements acknowledgements;
  private final ParkedRequests parked = new ParkedRequests();
  private final Pipelines pipelines = new Pipelines();

  /** Handed out for appending, not yet known to be in the log; in the order of offsets. */
  private final Deque<ParkedRequest> appending = new ArrayDeque<>();

  /** Waiting for the log start to move; in the order in which they came. */
  private final List<WaitingDelete> deleting = new ArrayList<>();

  private PartitionSettings settings;
  private Role role = Role.IDLE;
  private MillraceError refusal = Refusals.noLeaderYet();
  private int leaderEpoch = -1;
  private int partitionEpoch = -1;
  private long epochStartOffset;

  /** At most {@link #highWatermark}. */
  private long logStartOffset;

  /** Between {@link #logStartOffset} and {@link #logEndOffset}; never moves back. */
  private long highWatermark;

  /** One past the last record in the log. */
  private long logEndOffset;

  /** At least {@link #logEndOffset}: what is being appended lies between. */
  private long nextOffset;

  private boolean flushRequested;

  /** When the earliest timer that is set goes off; not later than any deadline of the parked. */
  private long timerMs = Long.MAX_VALUE;

  private record WaitingDelete(RequestToken token, long beforeOffset) {}

  /**
   * Makes the core of a partition that nobody leads yet.
   *
   * @param brokerId this broker
   * @param positions where the log stands
   * @param settings the topic's settings
   * @param producers what the log remembers of producers
   * @param faults told of a broken invariant
   */
  public PartitionCore(
      int brokerId,
      LogPositions positions,
      PartitionSettings settings,
      ProducerSequences producers,
      FaultHandler faults) {
    this.brokerId = brokerId;
    this.settings = settings;
    this.producers = producers;
    this.faults = faults;
    this.acknowledgements =
        new Acknowledgements(brokerId, positions, settings.acknowledgeDurable());
    logStartOffset = positions.logStartOffset();
    highWatermark = positions.logStartOffset();
    logEndOffset = positions.logEndOffset();
    nextOffset = positions.logEndOffset();
    epochStartOffset = positions.logEndOffset();
  }

  /** What this broker is to the partition. */
  public Role role() {
    return role;
  }

  /** Why requests are refused while this broker does not lead. */
  public MillraceError refusal() {
    return refusal;
  }

  /** The epoch of the leadership, or of the last one; -1 before the first. */
  public int leaderEpoch() {
    return leaderEpoch;
  }

  /** Where the log ended when this leader epoch began. */
  public long epochStartOffset() {
    return epochStartOffset;
  }

  /** The first offset that may be read. */
  public long logStartOffset() {
    return logStartOffset;
  }

  /** One past the last record that readers may see. */
  public long highWatermark() {
    return highWatermark;
  }

  /** One past the last record in the log. */
  public long logEndOffset() {
    return logEndOffset;
  }

  /**
   * Takes an event.
   *
   * @param event what happened
   * @param nowMs when, on one monotonic clock for all events
   * @param effects takes what is to be done, in order
   */
  public void on(PartitionEvent event, long nowMs, List<Effect> effects) {
    if (event instanceof PartitionEvent.Produce produce) {
      onProduce(produce, nowMs, effects);
    } else if (event instanceof PartitionEvent.Appended appended) {
      onAppended(appended.logEndOffset(), effects);
    } else if (event instanceof PartitionEvent.Flushed flushed) {
      onFlushed(flushed.durableOffset(), effects);
    } else if (event instanceof PartitionEvent.FollowerAcknowledged follower) {
      acknowledgements.followerAcknowledged(
          follower.brokerId(), follower.appended(), follower.durable());
      advance(effects);
    } else if (event instanceof PartitionEvent.Tick) {
      onTick(nowMs, effects);
    } else if (event instanceof PartitionEvent.RefuseFrame refused) {
      onRefuseFrame(refused, effects);
    } else if (event instanceof PartitionEvent.ResumePipeline resume) {
      pipelines.resume(resume.pipeline(), resume.nextSequence());
    } else if (event instanceof PartitionEvent.ClosePipeline close) {
      onClosePipeline(close.pipeline());
    } else if (event instanceof PartitionEvent.DeleteRecords delete) {
      onDeleteRecords(delete, effects);
    } else if (event instanceof PartitionEvent.LogStartMoved moved) {
      onLogStartMoved(moved.logStartOffset(), effects);
    } else {
      onChangeOfState(event, effects);
    }
    checkInvariants(event);
  }

  private void onChangeOfState(PartitionEvent event, List<Effect> effects) {
    if (!appending.isEmpty() && !(event instanceof PartitionEvent.LogDirOffline)) {
      throw faults.fatal("event while appends are under way: " + event, null);
    }
    if (event instanceof PartitionEvent.BecomeLeader become) {
      onBecomeLeader(become.state(), effects);
    } else if (event instanceof PartitionEvent.StateCommitted committed) {
      onStateCommitted(committed.state(), effects);
    } else if (event instanceof PartitionEvent.IsrProposed proposed) {
      if (role == Role.LEADER) {
        acknowledgements.propose(proposed.isr());
      }
    } else if (event instanceof PartitionEvent.SettingsChanged changed) {
      settings = changed.settings();
      acknowledgements.durableWanted(settings.acknowledgeDurable());
      advance(effects);
      requestFlushIfNeeded(effects);
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

  // ---- produce

  private void onProduce(PartitionEvent.Produce produce, long nowMs, List<Effect> effects) {
    Optional<MillraceError> refused = refusalOf(produce, nowMs);
    if (refused.isPresent()) {
      refuse(produce.token(), produce.pipeline(), refused.get(), effects);
      return;
    }
    SequenceVerdict verdict =
        produce.batch().hasProducerId() ? producers.check(produce.batch()) : SequenceVerdict.ACCEPT;
    if (verdict instanceof SequenceVerdict.Accept) {
      long baseOffset = nextOffset;
      nextOffset += produce.batch().recordCount();
      appending.add(
          new ParkedRequest(produce, baseOffset, nextOffset - 1, produce.logAppendTimeMs(), false));
      effects.add(
          new Effect.Append(produce.token(), baseOffset, leaderEpoch, produce.logAppendTimeMs()));
    } else if (verdict instanceof SequenceVerdict.Duplicate duplicate) {
      answerOrPark(
          new ParkedRequest(
              produce,
              duplicate.baseOffset(),
              duplicate.lastOffset(),
              duplicate.logAppendTimeMs(),
              true),
          effects);
    } else if (verdict instanceof SequenceVerdict.Refuse refuse) {
      refuse(produce.token(), produce.pipeline(), refuse.error(), effects);
    }
  }

  private Optional<MillraceError> refusalOf(PartitionEvent.Produce produce, long nowMs) {
    if (role != Role.LEADER) {
      return Optional.of(refusal);
    }
    if (!pipelines.admits(produce.pipeline(), produce.batch().baseSequence())) {
      return Optional.of(Refusals.previousFrameFailed(produce.batch().baseSequence()));
    }
    if (isWrongEpoch(produce.leaderEpoch())) {
      return Optional.of(Refusals.epoch(produce.leaderEpoch(), leaderEpoch));
    }
    if (produce.acks() == Acks.ALL && !acknowledgements.enoughInSync()) {
      return Optional.of(Refusals.notEnoughReplicas(acknowledgements, false));
    }
    if (produce.deadlineMs() <= nowMs) {
      return Optional.of(Refusals.timedOut(false));
    }
    return Optional.empty();
  }

  private boolean isWrongEpoch(int asked) {
    return asked != PartitionEvent.ANY_EPOCH && asked != leaderEpoch;
  }

  private void refuse(
      RequestToken token, long pipeline, MillraceError error, List<Effect> effects) {
    pipelines.stop(pipeline);
    effects.add(new Effect.Answer(token, new ProduceOutcome.Failed(error)));
  }

  private void fail(ParkedRequest request, MillraceError error, List<Effect> effects) {
    pipelines.stop(request.request().pipeline());
    effects.add(
        new Effect.Answer(
            request.request().token(),
            new ProduceOutcome.Failed(error, request.baseOffset(), request.lastOffset())));
  }

  private void onRefuseFrame(PartitionEvent.RefuseFrame refused, List<Effect> effects) {
    MillraceError error =
        pipelines.admits(refused.pipeline(), refused.baseSequence())
            ? refused.error()
            : Refusals.previousFrameFailed(refused.baseSequence());
    refuse(refused.token(), refused.pipeline(), error, effects);
  }

  /** What waits of the pipeline is answered yet, but stops it no more: nothing comes on it. */
  private void onClosePipeline(long pipeline) {
    pipelines.close(pipeline);
    parked.leavePipeline(pipeline);
    for (int i = appending.size(); i > 0; i--) {
      appending.add(appending.remove().leavingPipeline(pipeline));
    }
  }

  private void onAppended(long newLogEndOffset, List<Effect> effects) {
    if (newLogEndOffset < logEndOffset || newLogEndOffset > nextOffset) {
      throw faults.fatal(
          "appended up to: %d (expected: [%d, %d])"
              .formatted(newLogEndOffset, logEndOffset, nextOffset),
          null);
    }
    logEndOffset = newLogEndOffset;
    acknowledgements.leaderAppended(newLogEndOffset);
    advance(effects);
    while (!appending.isEmpty() && appending.peek().neededOffset() <= newLogEndOffset) {
      answerOrPark(appending.remove(), effects);
    }
    requestFlushIfNeeded(effects);
  }

  private void answerOrPark(ParkedRequest request, List<Effect> effects) {
    long reached =
        switch (request.request().acks()) {
          case NONE -> Long.MAX_VALUE;
          case LEADER -> acknowledgements.leaderAcknowledged();
          case ALL -> highWatermark;
        };
    if (request.neededOffset() <= reached) {
      effects.add(request.acknowledged(logStartOffset));
    } else if (request.waitsForAll() && !acknowledgements.enoughInSync()) {
      fail(request, Refusals.notEnoughReplicas(acknowledgements, true), effects);
    } else {
      parked.park(request);
      setTimer(request.request().deadlineMs(), effects);
    }
  }

  // ---- acknowledgement

  private void onFlushed(long durableOffset, List<Effect> effects) {
    if (durableOffset > logEndOffset) {
      throw faults.fatal(
          "flushed up to: %d (expected: <= %d, the log end)".formatted(durableOffset, logEndOffset),
          null);
    }
    flushRequested = false;
    acknowledgements.leaderDurable(durableOffset);
    advance(effects);
    requestFlushIfNeeded(effects);
  }

  private void requestFlushIfNeeded(List<Effect> effects) {
    if (!flushRequested
        && !role.terminal()
        && settings.acknowledgeDurable()
        && acknowledgements.leaderDurable() < logEndOffset) {
      flushRequested = true;
      effects.add(REQUEST_FLUSH);
    }
  }

  /** Moves the high watermark as far as it goes and answers what it and the leader have reached. */
  private void advance(List<Effect> effects) {
    if (role != Role.LEADER) {
      return;
    }
    long candidate = acknowledgements.smallestInMaximalIsr();
    if (acknowledgements.enoughInSync() && candidate > highWatermark) {
      highWatermark = Math.min(candidate, logEndOffset);
      effects.add(new Effect.MoveHighWatermark(highWatermark));
    }
    parked.release(
        acknowledgements.leaderAcknowledged(),
        highWatermark,
        request -> effects.add(request.acknowledged(logStartOffset)));
  }

  private void onTick(long nowMs, List<Effect> effects) {
    long nextMs = parked.expire(nowMs, request -> fail(request, Refusals.timedOut(true), effects));
    if (nowMs >= timerMs) {
      timerMs = Long.MAX_VALUE;
    }
    setTimer(nextMs, effects);
  }

  private void setTimer(long atMs, List<Effect> effects) {
    if (atMs < timerMs) {
      timerMs = atMs;
      effects.add(new Effect.SetTimer(atMs));
    }
  }

  // ---- log start

  private void onDeleteRecords(PartitionEvent.DeleteRecords delete, List<Effect> effects) {
    long before = delete.beforeOffset() == -1 ? highWatermark : delete.beforeOffset();
    Optional<MillraceError> refused = refusalOf(delete, before);
    if (refused.isPresent()) {
      effects.add(
          new Effect.AnswerDelete(delete.token(), new DeleteRecordsOutcome.Refused(refused.get())));
    } else if (before <= logStartOffset) {
      effects.add(
          new Effect.AnswerDelete(
              delete.token(), new DeleteRecordsOutcome.Deleted(logStartOffset)));
    } else {
      deleting.add(new WaitingDelete(delete.token(), before));
      effects.add(new Effect.MoveLogStart(before));
    }
  }

  private Optional<MillraceError> refusalOf(PartitionEvent.DeleteRecords delete, long before) {
    if (role != Role.LEADER) {
      return Optional.of(refusal);
    }
    if (isWrongEpoch(delete.leaderEpoch())) {
      return Optional.of(Refusals.epoch(delete.leaderEpoch(), leaderEpoch));
    }
    if (!settings.deleteRecordsAllowed()) {
      return Optional.of(Refusals.deleteFromCompacted());
    }
    if (before < 0 || before > highWatermark) {
      return Optional.of(Refusals.deleteOutOfRange(before, logStartOffset, highWatermark));
    }
    return Optional.empty();
  }

  private void onLogStartMoved(long newLogStartOffset, List<Effect> effects) {
    logStartOffset = Math.max(logStartOffset, newLogStartOffset);
    Iterator<WaitingDelete> waiting = deleting.iterator();
    while (waiting.hasNext()) {
      WaitingDelete delete = waiting.next();
      if (delete.beforeOffset() <= logStartOffset) {
        waiting.remove();
        effects.add(
            new Effect.AnswerDelete(
                delete.token(), new DeleteRecordsOutcome.Deleted(logStartOffset)));
      }
    }
  }

  // ---- role

  private void onBecomeLeader(LeaderState state, List<Effect> effects) {
    if (role.terminal() || state.leaderEpoch() <= leaderEpoch) {
      return;
    }
    if (!state.isr().contains(brokerId)) {
      throw faults.fatal(
          "broker %d leads epoch %d outside its ISR %s"
              .formatted(brokerId, state.leaderEpoch(), state.isr()),
          null);
    }
    role = Role.LEADER;
    leaderEpoch = state.leaderEpoch();
    partitionEpoch = state.partitionEpoch();
    epochStartOffset = nextOffset;
    acknowledgements.becomeLeader(state);
    failIfTooFewInSync(effects);
    advance(effects);
    requestFlushIfNeeded(effects);
  }

  private void onStateCommitted(LeaderState state, List<Effect> effects) {
    if (role != Role.LEADER
        || state.leaderEpoch() != leaderEpoch
        || state.partitionEpoch() <= partitionEpoch) {
      return;
    }
    partitionEpoch = state.partitionEpoch();
    acknowledgements.apply(state);
    advance(effects);
    failIfTooFewInSync(effects);
  }

  private void failIfTooFewInSync(List<Effect> effects) {
    if (!acknowledgements.enoughInSync()) {
      parked.drainForAll(
          request -> fail(request, Refusals.notEnoughReplicas(acknowledgements, true), effects));
    }
  }

  /** Stops leading, for now or for good; nothing waits on. */
  private void leave(Role next, MillraceError why, List<Effect> effects) {
    if (role.terminal()) {
      return;
    }
    role = next;
    refusal = why;
    parked.drain(request -> fail(request, why, effects));
    while (!appending.isEmpty()) {
      refuse(
          appending.peek().request().token(),
          appending.remove().request().pipeline(),
          why,
          effects);
    }
    for (WaitingDelete delete : deleting) {
      effects.add(new Effect.AnswerDelete(delete.token(), new DeleteRecordsOutcome.Refused(why)));
    }
    deleting.clear();
  }

  private void checkInvariants(PartitionEvent event) {
    if (logStartOffset > highWatermark
        || highWatermark > logEndOffset
        || logEndOffset > nextOffset) {
      throw faults.fatal(
          "log start %d, high watermark %d, log end %d, next %d after %s (expected: in this order)"
              .formatted(logStartOffset, highWatermark, logEndOffset, nextOffset, event),
          null);
    }
  }
}
