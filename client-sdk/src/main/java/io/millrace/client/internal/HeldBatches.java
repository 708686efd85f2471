package io.millrace.client.internal;

import java.util.ArrayList;
import java.util.List;

/**
 * Batches taken from the accumulator whose partition needs a new pipe while there is no identity,
 * in their order. Confined to the producer's thread.
 */
final class HeldBatches {
  private record Held(ProducerBatch batch, long deadlineMs) {}

  private final List<Held> held = new ArrayList<>();

  /** Not after the first deadline; {@code Long.MAX_VALUE} if there is none. */
  private long dueMs = Long.MAX_VALUE;

  void add(ProducerBatch batch, long deadlineMs) {
    held.add(new Held(batch, deadlineMs));
    dueMs = Math.min(dueMs, deadlineMs);
  }

  boolean isEmpty() {
    return held.isEmpty();
  }

  /** When {@link #takeExpired} may have something, or {@code Long.MAX_VALUE}. */
  long dueMs() {
    return dueMs;
  }

  List<ProducerBatch> takeAll() {
    return takeExpired(Long.MAX_VALUE);
  }

  /** Takes those whose deadlines are over. */
  List<ProducerBatch> takeExpired(long nowMs) {
    List<ProducerBatch> taken = new ArrayList<>();
    if (nowMs >= dueMs) {
      List<Held> all = List.copyOf(held);
      held.clear();
      dueMs = Long.MAX_VALUE;
      for (Held each : all) {
        if (each.deadlineMs() <= nowMs) {
          taken.add(each.batch());
        } else {
          add(each.batch(), each.deadlineMs());
        }
      }
    }
    return taken;
  }
}
