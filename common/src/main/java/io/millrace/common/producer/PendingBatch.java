package io.millrace.common.producer;

import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.List;
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

  /**
   * The parts in this batch's place: its deadline, and its sequences shared out.
   *
   * @throws IllegalArgumentException if they do not have as many records as this batch
   */
  List<PendingBatch<B>> into(List<BatchPart<B>> parts) {
    int records = parts.stream().mapToInt(BatchPart::recordCount).sum();
    if (records != recordCount) {
      throw new IllegalArgumentException(
          "records of the parts: " + records + " (expected: " + recordCount + ")");
    }
    List<PendingBatch<B>> pending = new ArrayList<>();
    int before = 0;
    for (BatchPart<B> part : parts) {
      var one = new PendingBatch<>(part.batch(), part.recordCount(), deadlineMs);
      one.sequence = sequence.after(before);
      before += part.recordCount();
      pending.add(one);
    }
    return pending;
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
