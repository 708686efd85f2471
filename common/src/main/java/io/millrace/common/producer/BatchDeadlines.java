package io.millrace.common.producer;

import io.millrace.common.producer.PendingBatch.State;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * When batches are given up and when a stream counts as silent. Owned by one session, whose batches
 * it looks at: the oldest has the earliest deadline.
 *
 * @param <B> the owner's own batch
 */
final class BatchDeadlines<B> {
  private final ProducerSettings settings;
  private final ArrayDeque<PendingBatch<B>> ready;
  private final SendWindow<B> window;
  private final BatchCompletion<B> completion;

  BatchDeadlines(
      ProducerSettings settings,
      ArrayDeque<PendingBatch<B>> ready,
      SendWindow<B> window,
      BatchCompletion<B> completion) {
    this.settings = settings;
    this.ready = ready;
    this.window = window;
    this.completion = completion;
  }

  /** Gives up what is due; tells whether one of the window was. */
  boolean expire(long nowMs) {
    boolean inWindow = false;
    for (var oldest = window.firstUnsettled();
        oldest.isPresent() && oldest.get().deadlineMs <= nowMs;
        oldest = window.firstUnsettled()) {
      completion.timeOut(oldest.get(), settings.deliveryTimeoutMs());
      inWindow = true;
    }
    while (!ready.isEmpty() && ready.element().deadlineMs <= nowMs) {
      completion.timeOut(ready.remove(), settings.deliveryTimeoutMs());
    }
    return inWindow;
  }

  /** Whether a frame has been unanswered for too long. */
  boolean streamIsSilent(long nowMs) {
    return answerDueMs() <= nowMs;
  }

  /** When the next batch is due, or the stream; {@code Long.MAX_VALUE} for never. */
  long nextMs() {
    long due = Long.MAX_VALUE;
    Optional<PendingBatch<B>> oldest = window.firstUnsettled();
    if (oldest.isPresent()) {
      due = oldest.get().deadlineMs;
    } else if (!ready.isEmpty()) {
      due = ready.element().deadlineMs;
    }
    return Math.min(due, answerDueMs());
  }

  private long answerDueMs() {
    return window
        .first(State.IN_FLIGHT)
        .map(batch -> batch.sentAtMs + settings.answerTimeoutMs())
        .orElse(Long.MAX_VALUE);
  }
}
