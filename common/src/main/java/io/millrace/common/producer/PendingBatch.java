package io.millrace.common.producer;

import io.millrace.common.MillraceError;
import org.jspecify.annotations.Nullable;

/**
 * A batch between {@link ProducerSession#offer} and its outcome. Owned by one session.
 *
 * @param <B> the owner's own batch
 */
final class PendingBatch<B> {
  enum State {
    /** To be sent, for the first time or again. */
    WAITING,
    /** Sent on the open stream, not answered. */
    IN_FLIGHT,
    /** Completed; in the log. */
    ACKNOWLEDGED,
    /** Completed; given up, and its sequences with it. */
    FAILED
  }

  final B batch;
  final int recordCount;
  final long deadlineMs;
  State state = State.WAITING;

  /** Set when the batch enters the window; changes only while nothing is in doubt. */
  BatchSequence sequence = BatchSequence.NONE;

  /** The last attempt; 0 before the first. */
  long sendId;

  long sentAtMs;

  /** Whether an attempt ended without anyone telling whether it was appended. */
  boolean inDoubt;

  /** The answer to the last attempt if that was a refusal. */
  @Nullable MillraceError refusal;

  PendingBatch(B batch, int recordCount, long deadlineMs) {
    this.batch = batch;
    this.recordCount = recordCount;
    this.deadlineMs = deadlineMs;
  }

  boolean is(State expected) {
    return state == expected;
  }

  boolean settled() {
    return state == State.ACKNOWLEDGED || state == State.FAILED;
  }

  /** The attempt on the open stream has no answer and never will. */
  void losesItsStream() {
    if (state == State.IN_FLIGHT) {
      state = State.WAITING;
      inDoubt = true;
    }
  }
}
