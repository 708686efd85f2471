package io.millrace.common.producer;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.PendingBatch.State;
import java.util.Optional;

/** What holes in the sequences mean for an idempotent producer, once nothing is in flight. */
final class SequenceGap {
  private SequenceGap() {}

  /** Gives up what must not be sent again; tells why a new identity is needed, if one is. */
  static <B> Optional<MillraceError> close(SendWindow<B> window, BatchCompletion<B> completion) {
    Optional<MillraceError> gap = beforeTheOldest(window);
    boolean given = window.first(State.FAILED).isPresent();
    if (gap.isEmpty() && !given) {
      return Optional.empty();
    }
    boolean[] doubt = {false};
    window.forEach(
        batch -> {
          if (batch.is(State.WAITING) && batch.inDoubt) {
            completion.fail(batch, gap.orElseGet(SequenceGap::outcomeUnknown));
          }
          doubt[0] |= batch.is(State.FAILED) && batch.inDoubt;
        });
    return gap.isPresent() || !doubt[0] ? gap : Optional.of(outcomeUnknown());
  }

  /**
   * OUT_OF_ORDER_SEQUENCE for the oldest batch: everything before it was acknowledged, so the
   * broker has lost some of it. For a later batch it only says that an older one was not appended.
   */
  private static Optional<MillraceError> beforeTheOldest(SendWindow<?> window) {
    return window
        .firstUnsettled()
        .flatMap(batch -> Optional.ofNullable(batch.refusal))
        .filter(error -> Refusal.of(error.code(), true) == Refusal.GAP);
  }

  private static MillraceError outcomeUnknown() {
    return new MillraceError(
        ErrorCode.OUTCOME_UNKNOWN,
        "an earlier batch of the partition was given up while this one may have been appended");
  }
}
