package io.millrace.broker.replica.core;

import io.millrace.common.Acks;
import io.millrace.common.MillraceError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The produce requests of a partition, from their arrival to their one answer: refused, appended
 * and answered, or appended and parked until what they wait for has come. Confined to its core.
 */
final class ProduceRequests {
  private final PartitionState state;
  private final ProducerSequences producers;
  private final ParkedRequests parked = new ParkedRequests();
  private final Pipelines pipelines = new Pipelines();

  /** Handed out for appending, not yet known to be in the log; in the order of offsets. */
  private final Deque<ParkedRequest> appending = new ArrayDeque<>();

  /** When the earliest timer that is set goes off; not later than any deadline of the parked. */
  private long timerMs = Long.MAX_VALUE;

  ProduceRequests(PartitionState state, ProducerSequences producers) {
    this.state = state;
    this.producers = producers;
  }

  /** Whether appends were handed out and are not known to be in the log. */
  boolean isAppending() {
    return !appending.isEmpty();
  }

  // ---- arrival

  void on(PartitionEvent.Produce produce, long nowMs, List<Effect> effects) {
    Optional<MillraceError> refused = refusalOf(produce, nowMs);
    if (refused.isPresent()) {
      refuse(produce.token(), produce.pipeline(), refused.get(), effects);
      return;
    }
    SequenceVerdict verdict =
        produce.batch().hasProducerId() ? producers.check(produce.batch()) : SequenceVerdict.ACCEPT;
    if (verdict instanceof SequenceVerdict.Accept) {
      append(produce, effects);
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

  private void append(PartitionEvent.Produce produce, List<Effect> effects) {
    long baseOffset = state.takeOffsets(produce.batch().recordCount());
    appending.add(
        new ParkedRequest(
            produce, baseOffset, state.nextOffset() - 1, produce.logAppendTimeMs(), false));
    effects.add(
        new Effect.Append(
            produce.token(), baseOffset, state.leaderEpoch(), produce.logAppendTimeMs()));
  }

  private Optional<MillraceError> refusalOf(PartitionEvent.Produce produce, long nowMs) {
    if (!state.leads()) {
      return Optional.of(state.refusal());
    }
    if (!pipelines.admits(produce.pipeline(), produce.batch().baseSequence())) {
      return Optional.of(Refusals.previousFrameFailed(produce.batch().baseSequence()));
    }
    if (state.isWrongEpoch(produce.leaderEpoch())) {
      return Optional.of(Refusals.epoch(produce.leaderEpoch(), state.leaderEpoch()));
    }
    if (produce.acks() == Acks.ALL && !state.acknowledgements().enoughInSync()) {
      return Optional.of(Refusals.notEnoughReplicas(state.acknowledgements(), false));
    }
    if (produce.deadlineMs() <= nowMs) {
      return Optional.of(Refusals.timedOut(false));
    }
    return Optional.empty();
  }

  void on(PartitionEvent.RefuseFrame refused, List<Effect> effects) {
    MillraceError error =
        pipelines.admits(refused.pipeline(), refused.baseSequence())
            ? refused.error()
            : Refusals.previousFrameFailed(refused.baseSequence());
    refuse(refused.token(), refused.pipeline(), error, effects);
  }

  void resumePipeline(long pipeline, int nextSequence) {
    pipelines.resume(pipeline, nextSequence);
  }

  /** What waits of the pipeline is answered yet, but stops it no more: nothing comes on it. */
  void closePipeline(long pipeline) {
    pipelines.close(pipeline);
    parked.leavePipeline(pipeline);
    for (int i = appending.size(); i > 0; i--) {
      appending.add(appending.remove().leavingPipeline(pipeline));
    }
  }

  // ---- answers

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

  /** What was appended up to the log end is answered, or waits on. */
  void appended(List<Effect> effects) {
    while (!appending.isEmpty() && appending.peek().neededOffset() <= state.logEndOffset()) {
      answerOrPark(appending.remove(), effects);
    }
  }

  private void answerOrPark(ParkedRequest request, List<Effect> effects) {
    long reached =
        switch (request.request().acks()) {
          case NONE -> Long.MAX_VALUE;
          case LEADER -> state.acknowledgements().leaderAcknowledged();
          case ALL -> state.highWatermark();
        };
    if (request.neededOffset() <= reached) {
      effects.add(request.acknowledged(state.logStartOffset()));
    } else if (request.waitsForAll() && !state.acknowledgements().enoughInSync()) {
      fail(request, Refusals.notEnoughReplicas(state.acknowledgements(), true), effects);
    } else {
      parked.park(request);
      setTimer(request.request().deadlineMs(), effects);
    }
  }

  /** Answers what the leader's acknowledged offset and the high watermark have reached. */
  void release(List<Effect> effects) {
    parked.release(
        state.acknowledgements().leaderAcknowledged(),
        state.highWatermark(),
        request -> effects.add(request.acknowledged(state.logStartOffset())));
  }

  void expire(long nowMs, List<Effect> effects) {
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

  void failIfTooFewInSync(List<Effect> effects) {
    if (!state.acknowledgements().enoughInSync()) {
      parked.drainForAll(
          request ->
              fail(request, Refusals.notEnoughReplicas(state.acknowledgements(), true), effects));
    }
  }

  /** Nothing waits on. */
  void failAll(MillraceError why, List<Effect> effects) {
    parked.drain(request -> fail(request, why, effects));
    while (!appending.isEmpty()) {
      PartitionEvent.Produce request = appending.remove().request();
      refuse(request.token(), request.pipeline(), why, effects);
    }
  }
}
