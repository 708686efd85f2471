package io.millrace.common.producer;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import io.millrace.common.producer.BatchOutcome.Unacknowledged;
import io.millrace.common.producer.PendingBatch.State;

/**
 * Gives each batch its outcome, once. Owned by one session.
 *
 * @param <B> the owner's own batch
 */
final class BatchCompletion<B> {
  private final ProducerEffects<B> effects;

  BatchCompletion(ProducerEffects<B> effects) {
    this.effects = effects;
  }

  void acknowledge(PendingBatch<B> batch, Acknowledged outcome) {
    batch.state = State.ACKNOWLEDGED;
    effects.complete(batch.batch, outcome);
  }

  /** It is on its way, and nobody will say more of it (acks=0). */
  void sentUnacknowledged(PendingBatch<B> batch) {
    batch.state = State.ACKNOWLEDGED;
    effects.complete(batch.batch, Unacknowledged.INSTANCE);
  }

  /** Gives it up, unless it has its outcome. */
  void fail(PendingBatch<B> batch, MillraceError error) {
    if (batch.settled()) {
      return;
    }
    batch.inDoubt |= batch.is(State.IN_FLIGHT);
    batch.state = State.FAILED;
    effects.complete(batch.batch, new Failed(error, batch.inDoubt));
  }

  /** It was tried for as long as its owner allows. */
  void timeOut(PendingBatch<B> batch, long deliveryTimeoutMs) {
    String last = batch.refusal == null ? "" : "; last refusal: " + batch.refusal;
    fail(
        batch,
        new MillraceError(
            ErrorCode.REQUEST_TIMED_OUT,
            "not delivered within " + deliveryTimeoutMs + " ms" + last));
  }
}
