package io.millrace.client.internal;

import io.millrace.client.api.CommitCallback;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A consumer's commits, one at a time and in their order, so that none overtakes an earlier one.
 * What became of them is told on the consumer's thread, in that order as well.
 *
 * <p>A commit counts for the tenures of its partitions: what is left of it when one is over is
 * never sent, however often it was tried before. The coordinator would refuse it while somebody
 * else has the partition, but not once it has come back to this consumer.
 */
final class OffsetCommits {
  private final ClusterClient cluster;
  private final GroupOffsets offsets;
  private final Supplier<MemberIdentity> identity;
  private final Executor lane;
  private final Runnable onDone;

  /** Callbacks of commits that are over. */
  private final Queue<Runnable> finished = new ConcurrentLinkedQueue<>();

  /**
   * @param identity as whom to commit, at each try
   * @param lane runs what blocks, one after the other
   * @param onDone told when {@link #runCallbacks} has something to do, on any thread
   */
  OffsetCommits(
      ClusterClient cluster,
      GroupOffsets offsets,
      Supplier<MemberIdentity> identity,
      Executor lane,
      Runnable onDone) {
    this.cluster = cluster;
    this.offsets = offsets;
    this.identity = identity;
    this.lane = lane;
    this.onDone = onDone;
  }

  /**
   * A place to commit.
   *
   * @param tenure empty for a partition that no group has given: committed as nobody's member
   */
  record Place(OffsetAndMetadata offset, Optional<Tenure> tenure) {}

  /**
   * Commits behind all earlier commits.
   *
   * @param timeout from now on
   * @return fails with a {@link MillraceException}
   */
  Future<Boolean> commit(Map<TopicPartition, Place> places, Duration timeout) {
    Commit commit = new Commit(places, deadlineMs(timeout), Optional.empty());
    enqueue(commit);
    return commit.done;
  }

  /** The same, with a callback that {@link #runCallbacks} calls. */
  void commit(Map<TopicPartition, Place> places, Duration timeout, CommitCallback callback) {
    enqueue(new Commit(places, deadlineMs(timeout), Optional.of(callback)));
  }

  /** Done when all earlier commits are. */
  Future<Boolean> flush(Duration timeout) {
    return commit(Map.of(), timeout);
  }

  private long deadlineMs(Duration timeout) {
    return now() + Timeouts.millis(timeout);
  }

  private void enqueue(Commit commit) {
    try {
      lane.execute(commit::run);
    } catch (RejectedExecutionException e) {
      commit.finish(
          Optional.of(new MillraceException(ErrorCode.UNAVAILABLE, "the client is closed")));
    }
  }

  /** Runs the callbacks of the commits that are over. On the consumer's thread. */
  void runCallbacks() {
    for (Runnable next = finished.poll(); next != null; next = finished.poll()) {
      next.run();
    }
  }

  /** Whether there are any for {@link #runCallbacks}. */
  boolean hasCallbacks() {
    return !finished.isEmpty();
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }

  /** On the lane. */
  private final class Commit {
    private final Map<TopicPartition, Place> places;
    private final long deadlineMs;
    private final Optional<CommitCallback> callback;
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private final Map<TopicPartition, MillraceError> refused = new TreeMap<>();

    /** What is neither committed nor refused. */
    private final Map<TopicPartition, Place> open;

    Commit(Map<TopicPartition, Place> places, long deadlineMs, Optional<CommitCallback> callback) {
      this.places = Map.copyOf(places);
      this.open = new LinkedHashMap<>(places);
      this.deadlineMs = deadlineMs;
      this.callback = callback;
    }

    void run() {
      try {
        Backoff backoff = cluster.newLeaderBackoff();
        Optional<MillraceException> again = attempt();
        while (again.isPresent()) {
          cluster.pauseOrThrow(backoff.nextMs(), deadlineMs, again.get());
          again = attempt();
        }
        finish(refusal());
      } catch (MillraceException e) {
        finish(Optional.of(e));
      } catch (RuntimeException e) {
        finish(Optional.of(new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e)));
      }
    }

    /** Commits what may be committed; returns why something is to be tried again. */
    private Optional<MillraceException> attempt() {
      MemberIdentity member = identity.get();
      dropWhatIsOver(member);
      if (open.isEmpty()) {
        return Optional.empty();
      }
      boolean asMember = open.values().stream().anyMatch(place -> place.tenure().isPresent());
      Map<TopicPartition, TopicIdPartition> ids = new LinkedHashMap<>();
      open.forEach((partition, place) -> ids.put(partition, id(partition, place)));
      Map<TopicIdPartition, OffsetAndMetadata> request = new LinkedHashMap<>();
      open.forEach((partition, place) -> request.put(id(ids, partition), place.offset()));
      Map<TopicIdPartition, MillraceError> errors;
      try {
        errors =
            offsets.commitOnce(asMember ? Optional.of(member) : Optional.empty(), request, left());
      } catch (MillraceException e) {
        if (e.code().retriable()) {
          return Optional.of(e);
        }
        throw e;
      }
      return take(ids, errors);
    }

    private static TopicIdPartition id(
        Map<TopicPartition, TopicIdPartition> ids, TopicPartition partition) {
      TopicIdPartition id = ids.get(partition);
      if (id == null) {
        throw new IllegalStateException(partition + " has no id");
      }
      return id;
    }

    private TopicIdPartition id(TopicPartition partition, Place place) {
      return place.tenure().map(Tenure::partition).orElseGet(() -> offsets.id(partition, left()));
    }

    /** The identity was read before: see {@link Tenure#isOf}. */
    private void dropWhatIsOver(MemberIdentity member) {
      open.entrySet()
          .removeIf(
              entry -> {
                boolean over =
                    entry.getValue().tenure().filter(tenure -> !tenure.isOf(member)).isPresent();
                if (over) {
                  refused.put(entry.getKey(), notGivenAnyMore(entry.getKey()));
                }
                return over;
              });
    }

    private Optional<MillraceException> take(
        Map<TopicPartition, TopicIdPartition> ids, Map<TopicIdPartition, MillraceError> errors) {
      Optional<MillraceException> again = Optional.empty();
      for (Map.Entry<TopicPartition, TopicIdPartition> entry : ids.entrySet()) {
        MillraceError error = errors.get(entry.getValue());
        if (error != null && error.code().retriable()) {
          again = Optional.of(error.exception());
        } else {
          open.remove(entry.getKey());
          if (error != null) {
            refused.put(entry.getKey(), error);
          }
        }
      }
      return again;
    }

    private Optional<MillraceException> refusal() {
      if (refused.isEmpty()) {
        return Optional.empty();
      }
      MillraceError first = refused.values().iterator().next();
      Map<String, String> details = new LinkedHashMap<>(first.details());
      details.put(
          "partitions",
          refused.keySet().stream().map(TopicPartition::toString).collect(Collectors.joining(",")));
      return Optional.of(
          new MillraceException(
              new MillraceError(
                  first.code(),
                  "not committed for " + details.get("partitions") + ": " + first.message(),
                  details)));
    }

    void finish(Optional<MillraceException> failure) {
      callback.ifPresent(told -> finished.add(() -> tell(told, failure)));
      failure.ifPresentOrElse(done::completeExceptionally, () -> done.complete(true));
      if (callback.isPresent()) {
        onDone.run();
      }
    }

    private void tell(CommitCallback told, Optional<MillraceException> failure) {
      Map<TopicPartition, OffsetAndMetadata> all = new LinkedHashMap<>();
      places.forEach((partition, place) -> all.put(partition, place.offset()));
      try {
        told.completed(all, failure.orElse(null));
      } catch (RuntimeException | Error e) {
        ClientLog.error("a commit callback failed", e);
      }
    }

    private Duration left() {
      return Duration.ofMillis(Math.max(1, deadlineMs - now()));
    }
  }

  private static MillraceError notGivenAnyMore(TopicPartition partition) {
    return new MillraceError(
        ErrorCode.STALE_MEMBER_EPOCH,
        partition + " was given up or lost since",
        Map.of("topic", partition.topic(), "partition", Integer.toString(partition.partition())));
  }
}
