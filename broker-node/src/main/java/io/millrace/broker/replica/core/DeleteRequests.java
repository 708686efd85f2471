package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The requests to delete records, from their arrival to their one answer (S33). Confined to its
 * core.
 */
final class DeleteRequests {
  private final PartitionState state;

  /** Waiting for the log start to move; in the order in which they came. */
  private final List<Waiting> waiting = new ArrayList<>();

  private record Waiting(RequestToken token, long beforeOffset) {}

  DeleteRequests(PartitionState state) {
    this.state = state;
  }

  void on(PartitionEvent.DeleteRecords delete, List<Effect> effects) {
    long before = delete.beforeOffset() == -1 ? state.highWatermark() : delete.beforeOffset();
    Optional<MillraceError> refused = refusalOf(delete, before);
    if (refused.isPresent()) {
      refuse(delete.token(), refused.get(), effects);
    } else if (before <= state.logStartOffset()) {
      answer(delete.token(), effects);
    } else {
      waiting.add(new Waiting(delete.token(), before));
      effects.add(new Effect.MoveLogStart(before));
    }
  }

  private Optional<MillraceError> refusalOf(PartitionEvent.DeleteRecords delete, long before) {
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
    return Optional.empty();
  }

  /** The log start has moved. */
  void logStartMoved(List<Effect> effects) {
    Iterator<Waiting> each = waiting.iterator();
    while (each.hasNext()) {
      Waiting delete = each.next();
      if (delete.beforeOffset() <= state.logStartOffset()) {
        each.remove();
        answer(delete.token(), effects);
      }
    }
  }

  /** Nothing waits on. */
  void failAll(MillraceError why, List<Effect> effects) {
    waiting.forEach(delete -> refuse(delete.token(), why, effects));
    waiting.clear();
  }

  private void answer(RequestToken token, List<Effect> effects) {
    effects.add(
        new Effect.AnswerDelete(token, new DeleteRecordsOutcome.Deleted(state.logStartOffset())));
  }

  private static void refuse(RequestToken token, MillraceError why, List<Effect> effects) {
    effects.add(new Effect.AnswerDelete(token, new DeleteRecordsOutcome.Refused(why)));
  }
}
