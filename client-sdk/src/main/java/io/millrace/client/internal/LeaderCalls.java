package io.millrace.client.internal;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Calls to leaders that are under way at the same time. A leader that went silent breaks no
 * connection, but others may lead by now: then it is left; one that is slow is waited for, and not
 * asked anew. Confined to the calling thread.
 *
 * @param <T> what they answer
 */
final class LeaderCalls<T> {
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final PartitionLeaders leaders;
  private final List<Asked<T>> underWay = new ArrayList<>();

  /** Filled by the network's threads. */
  private final BlockingQueue<Asked<T>> answered = new LinkedBlockingQueue<>();

  private record Asked<T>(
      BrokerAddress leader,
      List<TopicPartition> partitions,
      ListenableFuture<T> answer,
      LeaderSilence silence) {}

  /** A call that is over, or was given up. */
  static final class Ended<T> {
    private final Asked<T> asked;
    private final Optional<MillraceException> givenUp;

    private Ended(Asked<T> asked, Optional<MillraceException> givenUp) {
      this.asked = asked;
      this.givenUp = givenUp;
    }

    BrokerAddress leader() {
      return asked.leader();
    }

    List<TopicPartition> partitions() {
      return asked.partitions();
    }

    /**
     * What the leader answered.
     *
     * @throws MillraceException why there is no answer: {@code NOT_LEADER} if it is silent and
     *     others lead
     */
    T answer() {
      if (givenUp.isPresent()) {
        throw givenUp.get();
      }
      try {
        return Objects.requireNonNull(Futures.getDone(asked.answer()));
      } catch (ExecutionException e) {
        throw GrpcErrors.translate(Objects.requireNonNullElse(e.getCause(), e), leader());
      }
    }

    /**
     * Checks that the results are of the partitions that were asked for, in their order.
     *
     * @param numbers the partitions' numbers that the results tell
     * @throws MillraceException {@code INTERNAL} if they are not
     */
    void checkResults(List<Integer> numbers) {
      List<Integer> expected = partitions().stream().map(TopicPartition::partition).toList();
      if (!numbers.equals(expected)) {
        throw new MillraceException(
            ErrorCode.INTERNAL,
            leader() + " told of partitions " + numbers + " (asked: " + expected + ")");
      }
    }
  }

  /**
   * No calls yet.
   *
   * @param leaders until when others are asked who leads
   */
  LeaderCalls(ClusterClient cluster, MetadataCache metadata, PartitionLeaders leaders) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.leaders = leaders;
  }

  /** A leader was asked for partitions. */
  void add(BrokerAddress leader, List<TopicPartition> partitions, ListenableFuture<T> answer) {
    LeaderSilence silence = cluster.newAnswerSilence();
    silence.heard(leaders.now());
    Asked<T> asked = new Asked<>(leader, partitions, answer, silence);
    underWay.add(asked);
    answer.addListener(() -> answered.add(asked), Runnable::run);
  }

  /** Whether no call is under way. */
  boolean isEmpty() {
    return underWay.isEmpty();
  }

  /** The partitions that calls are under way for. */
  Set<TopicPartition> partitions() {
    return underWay.stream()
        .flatMap(asked -> asked.partitions().stream())
        .collect(Collectors.toSet());
  }

  /**
   * Waits for the next call to end.
   *
   * @param untilMs on the monotonic clock; {@code Long.MAX_VALUE} for as long as it takes
   * @return empty if none ended until then
   * @throws MillraceException {@code UNAVAILABLE} if the thread is interrupted
   */
  Optional<Ended<T>> next(long untilMs) {
    while (true) {
      Optional<Asked<T>> over = poll(untilMs);
      if (over.isPresent() && underWay.remove(over.get())) {
        return Optional.of(new Ended<>(over.get(), Optional.empty()));
      }
      Optional<Ended<T>> left = leaveFormerLeader();
      if (left.isPresent() || leaders.now() >= untilMs) {
        return left;
      }
    }
  }

  /** Waits no longer than until a leader is silent for too long. */
  private Optional<Asked<T>> poll(long untilMs) {
    long dueMs = untilMs;
    for (Asked<T> asked : underWay) {
      dueMs = Math.min(dueMs, asked.silence().dueMs());
    }
    try {
      return Optional.ofNullable(
          answered.poll(Math.max(0, dueMs - leaders.now()), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while waiting");
    }
  }

  /** Gives up the call to a silent leader if, by others, it leads one of the partitions no more. */
  private Optional<Ended<T>> leaveFormerLeader() {
    for (Asked<T> asked : underWay) {
      if (asked.silence().dueMs() <= leaders.now()) {
        Optional<MillraceException> why = whyToLeave(asked);
        if (why.isPresent()) {
          underWay.remove(asked);
          asked.answer().cancel(true);
          return Optional.of(new Ended<>(asked, why));
        }
        asked.silence().confirmed(leaders.now());
      }
    }
    return Optional.empty();
  }

  private Optional<MillraceException> whyToLeave(Asked<T> asked) {
    try {
      metadata.refreshAll(
          PartitionLeaders.topics(asked.partitions()), leaders.left(), Set.of(asked.leader()));
    } catch (MillraceException e) {
      return Optional.empty(); // Nobody knows better; the answer may still come.
    }
    try {
      for (TopicPartition partition : asked.partitions()) {
        TopicView topic = metadata.topic(partition.topic(), leaders.left());
        if (!Leaders.partition(topic, partition).isLedBy(asked.leader())) {
          return Optional.of(leadsNoMore(asked.leader(), partition));
        }
      }
      return Optional.empty();
    } catch (MillraceException e) {
      return Optional.of(e);
    }
  }

  private static MillraceException leadsNoMore(BrokerAddress leader, TopicPartition partition) {
    return new MillraceException(
        ErrorCode.NOT_LEADER, leader + " does not answer and leads " + partition + " no more");
  }

  /** Cancels what is under way. */
  void cancel() {
    underWay.forEach(asked -> asked.answer().cancel(true));
    underWay.clear();
  }
}
