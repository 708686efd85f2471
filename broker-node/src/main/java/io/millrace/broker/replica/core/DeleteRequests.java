package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The requests to delete records, from their arrival to their one answer (S33). Confined to its
 * core.
 *
 * <p>One is answered when the records are gone from every replica that could bring them back: from
 * those in sync, of which the next leader is one, and, as KIP-107 has it, from all others that
 * live. While too few are in sync, others may be eligible to lead, which nobody here knows: then it
 * waits as well.
 */
final class DeleteRequests {
  /** Each move of a log start looks at all that wait; more than these are refused. */
  static final int MAX_WAITING = 1_000;

  private final PartitionState state;
  private final Followers followers;

  /**
   * Waiting for log starts to move; in the order in which they came, {@link #MAX_WAITING} at most.
   */
  private final List<Waiting> waiting = new ArrayList<>();

  /** When the earliest timer that is set goes off; not later than any deadline of those waiting. */
  private long timerMs = Long.MAX_VALUE;

  private record Waiting(RequestToken token, long beforeOffset, long deadlineMs) {}

  DeleteRequests(PartitionState state, Followers followers) {
    this.state = state;
    this.followers = followers;
  }

  void on(PartitionEvent.DeleteRecords delete, long nowMs, List<Effect> effects) {
    long before = delete.beforeOffset() == -1 ? state.highWatermark() : delete.beforeOffset();
    Optional<MillraceError> refused = refusalOf(delete, before, nowMs);
    if (refused.isPresent()) {
      refuse(delete.token(), refused.get(), effects);
      return;
    }
    waiting.add(new Waiting(delete.token(), before, delete.deadlineMs()));
    if (before > state.logStartOffset()) {
      effects.add(new Effect.MoveLogStart(before));
    }
    release(effects);
    setTimer(effects);
  }

  private Optional<MillraceError> refusalOf(
      PartitionEvent.DeleteRecords delete, long before, long nowMs) {
    if (!state.leads()) {
      return Optional.of(state.refusal());
    }
    if (state.isWrongEpoch(delete.leaderEpoch())) {
      return Optional.of(Refusals.epoch(delete.leaderEpoch(), state.leaderEpoch()));
    }
    if (!state.settings().deleteRecordsAllowed()) {
      return Optional.of(Refusals.deleteFromCompacted());
    }
    if (before < 0 || before > state.highWatermark()) {
      return Optional.of(
          Refusals.deleteOutOfRange(before, state.logStartOffset(), state.highWatermark()));
    }
    if (delete.deadlineMs() <= nowMs) {
      return Optional.of(Refusals.deleteTooLate());
    }
    return waiting.size() >= MAX_WAITING
        ? Optional.of(Refusals.tooManyDeletes(MAX_WAITING))
        : Optional.empty();
  }

  /** A log start may have moved, or who is waited for may have changed. */
  void release(List<Effect> effects) {
    if (waiting.isEmpty() || !state.leads() || !state.acknowledgements().enoughInSync()) {
      return;
    }
    long lowWatermark = followers.lowWatermark();
    Iterator<Waiting> each = waiting.iterator();
    while (each.hasNext()) {
      Waiting delete = each.next();
      if (delete.beforeOffset() <= lowWatermark) {
        each.remove();
        state.toldDeletedBefore(lowWatermark);
        effects.add(
            new Effect.AnswerDelete(
                delete.token(), new DeleteRecordsOutcome.Deleted(lowWatermark)));
      }
    }
  }

  /** Time passed. */
  void expire(long nowMs, List<Effect> effects) {
    Iterator<Waiting> each = waiting.iterator();
    while (each.hasNext()) {
      Waiting delete = each.next();
      if (delete.deadlineMs() <= nowMs) {
        each.remove();
        refuse(delete.token(), timedOut(delete.beforeOffset()), effects);
      }
    }
    if (nowMs >= timerMs) {
      timerMs = Long.MAX_VALUE;
      setTimer(effects);
    }
  }

  /** One timer for the earliest deadline, not one for each request. */
  private void setTimer(List<Effect> effects) {
    long earliestMs = waiting.stream().mapToLong(Waiting::deadlineMs).min().orElse(Long.MAX_VALUE);
    if (earliestMs < timerMs) {
      timerMs = earliestMs;
      effects.add(new Effect.SetTimer(earliestMs));
    }
  }

  private MillraceError timedOut(long before) {
    return Refusals.deleteTimedOut(
        before,
        state.logStartOffset(),
        followers.notDeletedBefore(before),
        state.acknowledgements());
  }

  /** Nothing waits on. */
  void failAll(MillraceError why, List<Effect> effects) {
    waiting.forEach(delete -> refuse(delete.token(), why, effects));
    waiting.clear();
  }

  private static void refuse(RequestToken token, MillraceError why, List<Effect> effects) {
    effects.add(new Effect.AnswerDelete(token, new DeleteRecordsOutcome.Refused(why)));
  }
}
