package io.millrace.broker.replica;

import io.millrace.broker.replica.core.PartitionEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Batches whose leader epoch is not written down yet, and what came on pipelines behind them.
 * Confined to the partition's thread.
 *
 * <p>The disk may take its time, the batches may not (S07): a timer is set for their deadlines. The
 * deadlines of one pipeline's frames never go back, so an expired frame has no other before it.
 */
final class HeldFrames {
  private final LongConsumer tickAt;

  /** In the order of arrival. */
  private final Deque<PartitionEvent> frames = new ArrayDeque<>();

  /**
   * When the earliest timer that is set goes off; not later than any deadline of {@link #frames}.
   */
  private long timerMs = Long.MAX_VALUE;

  /**
   * Nothing is held yet.
   *
   * @param tickAt sets the timer
   */
  HeldFrames(LongConsumer tickAt) {
    this.tickAt = tickAt;
  }

  boolean isEmpty() {
    return frames.isEmpty();
  }

  /** Whether what comes now may not overtake what is held. */
  boolean precede(PartitionEvent event) {
    return !frames.isEmpty()
        && (event instanceof PartitionEvent.Produce
            || event instanceof PartitionEvent.RefuseFrame
            || event instanceof PartitionEvent.ResumePipeline
            || event instanceof PartitionEvent.ClosePipeline);
  }

  void add(PartitionEvent event) {
    frames.add(event);
    if (event instanceof PartitionEvent.Produce produce) {
      setTimer(produce.deadlineMs());
    }
  }

  private void setTimer(long atMs) {
    if (atMs < timerMs) {
      timerMs = atMs;
      tickAt.accept(atMs);
    }
  }

  /** Hands out everything, in order. */
  List<PartitionEvent> takeAll() {
    List<PartitionEvent> all = List.copyOf(frames);
    frames.clear();
    return all;
  }

  /**
   * Hands out the batches whose deadline has come, and what had to wait for no others, in order.
   * Looks at all, but only when a timer has run out.
   */
  List<PartitionEvent> takeExpired(long nowMs) {
    if (nowMs < timerMs) {
      return List.of();
    }
    timerMs = Long.MAX_VALUE;
    List<PartitionEvent> expired = new ArrayList<>();
    Set<Long> waiting = new HashSet<>();
    for (PartitionEvent event : takeAll()) {
      long pipeline = pipelineOf(event);
      if (!waiting.contains(pipeline) && !waits(event, nowMs)) {
        expired.add(event);
      } else {
        add(event);
        if (pipeline != PartitionEvent.NO_PIPELINE) {
          waiting.add(pipeline);
        }
      }
    }
    return expired;
  }

  private static boolean waits(PartitionEvent event, long nowMs) {
    return event instanceof PartitionEvent.Produce produce && produce.deadlineMs() > nowMs;
  }

  private static long pipelineOf(PartitionEvent event) {
    if (event instanceof PartitionEvent.Produce produce) {
      return produce.pipeline();
    } else if (event instanceof PartitionEvent.RefuseFrame refused) {
      return refused.pipeline();
    } else if (event instanceof PartitionEvent.ResumePipeline resume) {
      return resume.pipeline();
    } else if (event instanceof PartitionEvent.ClosePipeline close) {
      return close.pipeline();
    }
    return PartitionEvent.NO_PIPELINE;
  }
}
