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
    private final CompletableFuture<GroupAnswer> answered = new CompletableFuture<>();
    private final boolean commit;

    private Request(boolean commit) {
      this.commit = commit;
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

    CompletableFuture<GroupAnswer> answered() {
      return answered;
    }
  }

  /**
   * Takes a request; empty if too many wait. Any thread.
   *
   * @param commit whether it commits offsets
   */
  Optional<Request> take(boolean commit) {
    if (waiting.getAndUpdate(now -> Math.min(MOST, now + 1)) == MOST) {
      return Optional.empty();
    }
    return Optional.of(new Request(commit));
  }

  /** What those are told that are not taken. */
  MillraceError throttled() {
    return CoordinatorErrors.throttled(partition, MOST);
  }
}
