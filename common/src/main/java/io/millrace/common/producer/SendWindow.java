package io.millrace.common.producer;

import io.millrace.common.producer.PendingBatch.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The batches that have a sequence, oldest first. Owned by one session.
 *
 * <p>A batch that is acknowledged before an older one stays in its place until the older one is
 * settled: the broker counts the batches it remembers from the newest, so the window counts from
 * the oldest.
 */
final class SendWindow<B> {
  private final List<PendingBatch<B>> batches = new ArrayList<>();

  /** Invariant: no batch from here on is in flight. */
  private int cursor;

  int size() {
    return batches.size();
  }

  /** Batches without an outcome. */
  int unsettled() {
    int count = 0;
    for (PendingBatch<B> batch : batches) {
      count += batch.settled() ? 0 : 1;
    }
    return count;
  }

  void add(PendingBatch<B> batch) {
    batches.add(batch);
  }

  /** Puts parts where a batch was that is not in flight; they wait for the next pass. */
  void replace(PendingBatch<B> batch, List<PendingBatch<B>> parts) {
    int place = batches.indexOf(batch);
    batches.remove(place);
    batches.addAll(place, parts);
    cursor += place < cursor ? parts.size() - 1 : 0;
  }

  /**
   * The next batch to send in this pass, if any; moves past it.
   *
   * @param limit the most batches from the oldest to that one
   */
  Optional<PendingBatch<B>> nextToSend(int limit) {
    while (cursor < Math.min(limit, batches.size())) {
      PendingBatch<B> batch = batches.get(cursor++);
      if (batch.is(State.WAITING)) {
        return Optional.of(batch);
      }
    }
    return Optional.empty();
  }

  /** Begins a new pass at the oldest batch; nothing may be in flight. */
  void rewind() {
    if (first(State.IN_FLIGHT).isPresent()) {
      throw new IllegalStateException("rewind while a frame is unanswered");
    }
    cursor = 0;
  }

  Optional<PendingBatch<B>> inFlight(long sendId) {
    for (PendingBatch<B> batch : batches) {
      if (batch.is(State.IN_FLIGHT) && batch.sendId == sendId) {
        return Optional.of(batch);
      }
    }
    return Optional.empty();
  }

  Optional<PendingBatch<B>> first(State state) {
    for (PendingBatch<B> batch : batches) {
      if (batch.is(state)) {
        return Optional.of(batch);
      }
    }
    return Optional.empty();
  }

  /** The oldest batch without an outcome: the one with the earliest deadline. */
  Optional<PendingBatch<B>> firstUnsettled() {
    for (PendingBatch<B> batch : batches) {
      if (!batch.settled()) {
        return Optional.of(batch);
      }
    }
    return Optional.empty();
  }

  void forEach(Consumer<PendingBatch<B>> action) {
    batches.forEach(action);
  }

  /** Drops acknowledged batches that no older one holds in place. */
  void trim() {
    int settled = 0;
    while (settled < batches.size() && batches.get(settled).is(State.ACKNOWLEDGED)) {
      settled++;
    }
    batches.subList(0, settled).clear();
    cursor = Math.max(0, cursor - settled);
  }

  /** Drops every batch that has its outcome and begins a new pass. */
  void dropSettled() {
    batches.removeIf(PendingBatch::settled);
    rewind();
  }

  void clear() {
    batches.clear();
    cursor = 0;
  }
}
