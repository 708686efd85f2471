package io.millrace.broker.replica.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Answers that wait: for the leader's own acknowledged offset or for the high watermark. Confined
 * to its core. Each request is handed out exactly once, in the order of offsets.
 */
final class ParkedRequests {
  private static final Comparator<ParkedRequest> BY_OFFSET =
      Comparator.comparingLong(ParkedRequest::neededOffset);

  private final PriorityQueue<ParkedRequest> forLeader = new PriorityQueue<>(BY_OFFSET);
  private final PriorityQueue<ParkedRequest> forAll = new PriorityQueue<>(BY_OFFSET);

  /** Not later than the earliest deadline here; may be earlier, as released requests leave it. */
  private long earliestDeadlineMs = Long.MAX_VALUE;

  /** Parks a request. */
  void park(ParkedRequest parked) {
    (parked.waitsForAll() ? forAll : forLeader).add(parked);
    earliestDeadlineMs = Math.min(earliestDeadlineMs, parked.request().deadlineMs());
  }

  /** Takes what waits of a pipeline off it. Looks at all: once in a pipeline's life. */
  void leavePipeline(long pipeline) {
    leavePipeline(forLeader, pipeline);
    leavePipeline(forAll, pipeline);
  }

  private static void leavePipeline(PriorityQueue<ParkedRequest> queue, long pipeline) {
    List<ParkedRequest> all = List.copyOf(queue);
    queue.clear();
    all.forEach(each -> queue.add(each.leavingPipeline(pipeline)));
  }

  /** Hands out what the two offsets have reached. */
  void release(long leaderAcknowledged, long highWatermark, Consumer<ParkedRequest> to) {
    releaseUpTo(forLeader, leaderAcknowledged, to);
    releaseUpTo(forAll, highWatermark, to);
  }

  private static void releaseUpTo(
      PriorityQueue<ParkedRequest> queue, long offset, Consumer<ParkedRequest> to) {
    while (true) {
      ParkedRequest head = queue.peek();
      if (head == null || head.neededOffset() > offset) {
        return;
      }
      queue.remove();
      to.accept(head);
    }
  }

  /** Hands out those that wait for the high watermark. */
  void drainForAll(Consumer<ParkedRequest> to) {
    releaseUpTo(forAll, Long.MAX_VALUE, to);
  }

  /** Hands out everything. */
  void drain(Consumer<ParkedRequest> to) {
    releaseUpTo(forLeader, Long.MAX_VALUE, to);
    releaseUpTo(forAll, Long.MAX_VALUE, to);
    earliestDeadlineMs = Long.MAX_VALUE;
  }

  /**
   * Hands out those whose deadline has come. Looks at all of them, but only when the earliest
   * deadline has come: once in a time-out under steady load.
   *
   * @return the next time to look, {@link Long#MAX_VALUE} if nothing waits
   */
  long expire(long nowMs, Consumer<ParkedRequest> to) {
    if (nowMs >= earliestDeadlineMs) {
      List<ParkedRequest> expired = new ArrayList<>();
      earliestDeadlineMs =
          Math.min(takeExpired(forLeader, nowMs, expired), takeExpired(forAll, nowMs, expired));
      expired.sort(BY_OFFSET);
      expired.forEach(to);
    }
    return earliestDeadlineMs;
  }

  private static long takeExpired(
      PriorityQueue<ParkedRequest> queue, long nowMs, List<ParkedRequest> expired) {
    Predicate<ParkedRequest> due = parked -> parked.request().deadlineMs() <= nowMs;
    queue.stream().filter(due).forEach(expired::add);
    queue.removeIf(due);
    return queue.stream()
        .mapToLong(parked -> parked.request().deadlineMs())
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
