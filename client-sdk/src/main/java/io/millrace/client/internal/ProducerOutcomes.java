package io.millrace.client.internal;

import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.producer.BatchOutcome;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The batches that are not answered yet, and the bytes that they hold. Batches are begun on any
 * thread, completed on the producer's. Thread-safe.
 */
final class ProducerOutcomes {
  private final BufferBudget budget;
  private final Set<ProducerBatch> incomplete = ConcurrentHashMap.newKeySet();
  private final AtomicLong lateFailures = new AtomicLong();
  private final AtomicLong forgottenFailures = new AtomicLong();
  private final CallbackGuard guard = new CallbackGuard();
  private final Consumer<ProducerBatch> onHandedOver;

  /**
   * @param onHandedOver told of each batch that takes no more records
   */
  ProducerOutcomes(BufferBudget budget, Consumer<ProducerBatch> onHandedOver) {
    this.budget = budget;
    this.onHandedOver = onHandedOver;
  }

  BufferBudget budget() {
    return budget;
  }

  void begun(ProducerBatch batch) {
    incomplete.add(batch);
  }

  void handedOver(ProducerBatch batch) {
    onHandedOver.accept(batch);
  }

  void complete(ProducerBatch batch, BatchOutcome outcome) {
    incomplete.remove(batch);
    if (outcome instanceof BatchOutcome.Failed failed && batch.forgotten() > 0) {
      forgottenFailed(batch.forgotten(), failed.error());
    }
    batch.complete(outcome, budget, guard);
  }

  /** Answers a record that got into no batch; on the sender's thread. */
  void refuse(SendCallback callback, MillraceException error) {
    if (callback == BatchAnswers.NOBODY) {
      forgottenFailed(1, error.error());
    } else {
      guard.fail(callback, error);
    }
  }

  private void forgottenFailed(int records, MillraceError error) {
    if (forgottenFailures.getAndAdd(records) == 0) {
      ClientLog.warn(
          "a record that was sent without asking for its answer failed (further ones are counted): "
              + error);
    }
  }

  /** The batches without an answer now. */
  List<ProducerBatch> incomplete() {
    return List.copyOf(incomplete);
  }

  void lateFailure(MillraceError error) {
    if (lateFailures.incrementAndGet() == 1) {
      ClientLog.warn("a record sent with acks=0 was refused (further ones are counted): " + error);
    }
  }

  long forgottenFailures() {
    return forgottenFailures.get();
  }

  long callbackFailures() {
    return guard.failures();
  }

  long lateFailures() {
    return lateFailures.get();
  }
}
