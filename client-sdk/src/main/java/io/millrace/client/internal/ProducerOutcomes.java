package io.millrace.client.internal;

import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceException;
import io.millrace.common.producer.BatchOutcome;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The batches that are not answered yet. Batches are begun on any thread, completed on the
 * producer's. Thread-safe.
 */
final class ProducerOutcomes {
  private final Set<ProducerBatch> incomplete = ConcurrentHashMap.newKeySet();
  private final ProducerCounters counters;
  private final CallbackGuard guard;

  ProducerOutcomes(ProducerCounters counters, CallbackGuard guard) {
    this.counters = counters;
    this.guard = guard;
  }

  ProducerCounters counters() {
    return counters;
  }

  void begun(ProducerBatch batch) {
    incomplete.add(batch);
  }

  /** A batch lives on in its parts. */
  void cut(ProducerBatch batch, List<ProducerBatch> parts) {
    counters.cut();
    incomplete.addAll(parts);
    incomplete.remove(batch);
  }

  void complete(ProducerBatch batch, BatchOutcome outcome) {
    counters.completed(batch, outcome);
    batch.answer(outcome, guard);
    // Not before: whoever flushes meanwhile is to wait for the callbacks.
    incomplete.remove(batch);
    batch.over();
  }

  /** Answers a record that got into no batch; on the sender's thread. */
  void refuse(SendCallback callback, MillraceException error) {
    counters.refused();
    if (callback == BatchAnswers.NOBODY) {
      counters.forgottenFailed(1, error.error());
    } else {
      guard.fail(callback, error);
    }
  }

  /** The batches without an answer now. */
  List<ProducerBatch> incomplete() {
    return List.copyOf(incomplete);
  }

  int incompleteCount() {
    return incomplete.size();
  }
}
