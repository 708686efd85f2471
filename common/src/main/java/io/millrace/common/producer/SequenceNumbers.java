package io.millrace.common.producer;

import java.util.Optional;

/**
 * Who the producer is and which sequence comes next. Owned by one session; gives out nothing to a
 * producer that is not idempotent.
 */
final class SequenceNumbers {
  private Optional<ProducerIdentity> identity;

  /** The sequence of the next batch that enters the window; >= 0. */
  private int next;

  SequenceNumbers(Optional<ProducerIdentity> identity, int first) {
    if (first < 0) {
      throw new IllegalArgumentException("firstSequence: " + first + " (expected: >= 0)");
    }
    this.identity = identity;
    this.next = first;
  }

  Optional<ProducerIdentity> identity() {
    return identity;
  }

  boolean idempotent() {
    return identity.isPresent();
  }

  /** From here on batches are the new identity's; to be followed by {@link #restart}. */
  void become(ProducerIdentity granted) {
    identity = Optional.of(granted);
  }

  /** Gives the next sequences to a batch. */
  void assign(PendingBatch<?> batch) {
    if (identity.isPresent()) {
      ProducerIdentity id = identity.get();
      batch.sequence = new BatchSequence(id.producerId(), id.producerEpoch(), next);
      next = BatchSequence.advance(next, batch.recordCount);
    }
  }

  /** Gives the unsettled batches of a window new sequences, from one on; nothing is in flight. */
  void restart(int first, SendWindow<?> window) {
    next = first;
    window.dropSettled();
    window.forEach(this::assign);
  }
}
