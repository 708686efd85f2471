package io.millrace.broker.group;

import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.RequestToken;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The requests that a coordinator was handed and has not answered; a bounded number. */
final class WaitingRequests {
  /** More than the members of a large group that all come at once. */
  static final int MOST = 20_000;

  private final TopicPartition partition;
  private final GroupMetrics metrics;

  /** In [0, {@link #MOST}]. */
  private final AtomicInteger waiting = new AtomicInteger();

  WaitingRequests(TopicPartition partition, GroupMetrics metrics) {
    this.partition = partition;
    this.metrics = metrics;
  }

  /** A request. */
  final class Request implements RequestToken {
    private final boolean commit;
    private final CompletableFuture<GroupAnswer> answered;

    private Request(boolean commit, CompletableFuture<GroupAnswer> answered) {
      this.commit = commit;
      this.answered = answered;
    }

    /** Answers it, once. */
    void answer(GroupAnswer answer) {
      waiting.decrementAndGet();
      if (commit && answer instanceof GroupAnswer.PartitionResults results) {
        metrics.committed(
            (int) results.results().stream().filter(each -> each.error().isEmpty()).count());
      }
      answered.complete(answer);
    }
  }

  /**
   * Takes a request; empty if too many wait. Any thread.
   *
   * @param commit whether it commits offsets
   * @param answered completed with the answer
   */
  Optional<Request> take(boolean commit, CompletableFuture<GroupAnswer> answered) {
    if (waiting.getAndUpdate(now -> Math.min(MOST, now + 1)) == MOST) {
      return Optional.empty();
    }
    return Optional.of(new Request(commit, answered));
  }

  /** What those are told that are not taken. */
  MillraceError throttled() {
    return CoordinatorErrors.throttled(partition, MOST);
  }
}
