package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.DeleteRecordsResult;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Deletes records at the leaders, with retries after a change of leader. Thread-safe. */
final class RecordDeletions {
  /** So much of the time is left for the answer to come back: it tells who is behind. */
  private static final int ANSWERS_SHARE = 8;

  private final ClusterClient cluster;
  private final MetadataCache metadata;

  RecordDeletions(ClusterClient cluster, MetadataCache metadata) {
    this.cluster = cluster;
    this.metadata = metadata;
  }

  /**
   * Deletes the records before an offset of each partition; all leaders are asked at once.
   *
   * @return the new log starts
   * @throws MillraceException why one of them could not be done; others may be
   */
  Map<TopicPartition, Long> delete(Map<TopicPartition, Long> before, Duration timeout) {
    Deletion deletion = new Deletion(before, cluster.clock().monotonicMs() + timeout.toMillis());
    while (!deletion.open.isEmpty()) {
      deletion.round();
    }
    return deletion.starts;
  }

  /** What one leader is asked: a request names one topic. */
  private record Place(BrokerAddress leader, String topic) {}

  private record Asked(
      Place place, List<TopicPartition> partitions, Future<DeleteRecordsResponse> call) {}

  /** One deletion with its retries; confined to the calling thread. */
  private final class Deletion {
    private final long deadlineMs;
    private final Map<TopicPartition, Long> open;
    private final Map<TopicPartition, Long> starts = new HashMap<>();
    private final Backoff backoff = cluster.newBackoff();

    /** Why the last round has to be repeated. */
    private Optional<MillraceException> failure = Optional.empty();

    /** Why that would be of no use. */
    private Optional<MillraceException> refusal = Optional.empty();

    Deletion(Map<TopicPartition, Long> before, long deadlineMs) {
      this.open = new TreeMap<>(before);
      this.deadlineMs = deadlineMs;
    }

    void round() {
      failure = Optional.empty();
      List<Asked> all = new ArrayList<>();
      byLeader().forEach((place, partitions) -> all.add(ask(place, partitions)));
      all.forEach(this::await);
      if (refusal.isPresent()) {
        throw refusal.get();
      }
      if (failure.isPresent()) {
        cluster.pauseOrThrow(backoff.nextMs(), deadlineMs, failure.get());
        Set<String> topics =
            open.keySet().stream().map(TopicPartition::topic).collect(Collectors.toSet());
        metadata
            .refreshAll(topics, left())
            .forEach(
                (topic, error) -> {
                  if (error.code() == ErrorCode.UNKNOWN_TOPIC) {
                    metadata.forget(topic);
                  }
                });
      }
    }

    private Map<Place, List<TopicPartition>> byLeader() {
      Map<Place, List<TopicPartition>> leaders = new HashMap<>();
      for (TopicPartition partition : open.keySet()) {
        PartitionView view =
            Leaders.partition(metadata.topic(partition.topic(), left()), partition);
        if (view.leader().isPresent()) {
          Place place = new Place(view.leader().get(), partition.topic());
          leaders.computeIfAbsent(place, absent -> new ArrayList<>()).add(partition);
        } else {
          failed(Leaders.none(view));
        }
      }
      return leaders;
    }

    private Asked ask(Place place, List<TopicPartition> partitions) {
      long leftMs = left().toMillis();
      DeleteRecordsRequest.Builder request =
          DeleteRecordsRequest.newBuilder()
              .setName(place.topic())
              .setTimeoutMs((int) Math.min(Integer.MAX_VALUE, leftMs - leftMs / ANSWERS_SHARE));
      for (TopicPartition partition : partitions) {
        request.addPartitions(
            DeleteRecordsPartition.newBuilder()
                .setPartition(partition.partition())
                .setBeforeOffset(Objects.requireNonNull(open.get(partition))));
      }
      return new Asked(
          place,
          partitions,
          TopicServiceGrpc.newFutureStub(cluster.channels().channel(place.leader()))
              .withDeadlineAfter(leftMs, TimeUnit.MILLISECONDS)
              .deleteRecords(request.build()));
    }

    private void await(Asked asked) {
      try {
        DeleteRecordsResponse answer = asked.call().get();
        for (int i = 0; i < asked.partitions().size(); i++) {
          take(asked.partitions().get(i), answer.getResults(i));
        }
      } catch (ExecutionException e) {
        failed(
            GrpcErrors.translate(
                Objects.requireNonNullElse(e.getCause(), e), asked.place().leader()));
        cluster.channels().dialNow(asked.place().leader());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MillraceException(
            ErrorCode.UNAVAILABLE, "interrupted while records were being deleted");
      }
    }

    private void take(TopicPartition partition, DeleteRecordsResult result) {
      if (result.hasError()) {
        failed(GrpcErrors.fromProto(result.getError()).exception());
      } else {
        open.remove(partition);
        starts.put(partition, result.getLogStartOffset());
      }
    }

    /** What took all its time is not tried again; what changes with the leader is. */
    private void failed(MillraceException e) {
      if (!e.code().retriable() || e.code() == ErrorCode.REQUEST_TIMED_OUT) {
        refusal = refusal.or(() -> Optional.of(e));
      } else {
        failure = Optional.of(e);
      }
    }

    private Duration left() {
      return Duration.ofMillis(Math.max(1, deadlineMs - cluster.clock().monotonicMs()));
    }
  }
}
