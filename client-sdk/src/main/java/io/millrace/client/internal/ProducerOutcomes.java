package io.millrace.client.internal;

import io.millrace.common.MillraceError;
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
    batch.complete(outcome, budget);
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

  long lateFailures() {
    return lateFailures.get();
  }
}
