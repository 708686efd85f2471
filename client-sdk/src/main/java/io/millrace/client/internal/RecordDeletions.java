package io.millrace.client.internal;

import com.google.common.util.concurrent.ListenableFuture;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
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
    return new Deletion(before, cluster.clock().monotonicMs() + timeout.toMillis()).run();
  }

  /** What one leader is asked: a request names one topic. */
  private record Place(BrokerAddress leader, String topic) {}

  /** One deletion with its retries; confined to the calling thread. */
  private final class Deletion {
    private final long deadlineMs;
    private final Map<TopicPartition, Long> open;
    private final Map<TopicPartition, Long> starts = new HashMap<>();
    private final Backoff backoff = cluster.newBackoff();

    private final LeaderCalls<DeleteRecordsResponse> calls;

    /** Why a partition has to be asked for again. */
    private Optional<MillraceException> failure = Optional.empty();

    /** When that is due. */
    private long retryAtMs = Long.MAX_VALUE;

    /** Why asking again would be of no use. */
    private Optional<MillraceException> refusal = Optional.empty();

    Deletion(Map<TopicPartition, Long> before, long deadlineMs) {
      this.open = new TreeMap<>(before);
      this.deadlineMs = deadlineMs;
      this.calls = new LeaderCalls<>(cluster, metadata, deadlineMs);
    }

    Map<TopicPartition, Long> run() {
      try {
        ask();
        while (!open.isEmpty()) {
          turn();
        }
        return starts;
      } finally {
        calls.cancel();
      }
    }

    /** A leader that takes its time keeps nobody from asking the others again. */
    private void turn() {
      if (calls.isEmpty()) {
        pause();
      } else {
        calls.next(retryAtMs()).ifPresent(this::take);
      }
      if (now() >= retryAtMs()) {
        retry();
      }
    }

    private void pause() {
      if (refusal.isPresent()) {
        throw refusal.get();
      }
      cluster.pauseOrThrow(Math.max(0, retryAtMs - now()), deadlineMs, failure.orElseThrow());
    }

    /** Never after a refusal; what is under way then is waited for. */
    private long retryAtMs() {
      return refusal.isPresent() ? Long.MAX_VALUE : retryAtMs;
    }

    private void retry() {
      failure = Optional.empty();
      retryAtMs = Long.MAX_VALUE;
      Set<String> topics = idle().stream().map(TopicPartition::topic).collect(Collectors.toSet());
      metadata
          .refreshAll(topics, left())
          .forEach(
              (topic, error) -> {
                if (error.code() == ErrorCode.UNKNOWN_TOPIC) {
                  metadata.forget(topic);
                }
              });
      ask();
    }

    private void ask() {
      byLeader()
          .forEach(
              (place, partitions) ->
                  calls.add(place.leader(), partitions, send(place, partitions)));
    }

    /** The partitions that are not done and that no leader is being asked for. */
    private List<TopicPartition> idle() {
      Set<TopicPartition> asked = calls.partitions();
      return open.keySet().stream().filter(partition -> !asked.contains(partition)).toList();
    }

    private Map<Place, List<TopicPartition>> byLeader() {
      Map<Place, List<TopicPartition>> leaders = new HashMap<>();
      for (TopicPartition partition : idle()) {
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

    private ListenableFuture<DeleteRecordsResponse> send(
        Place place, List<TopicPartition> partitions) {
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
      return TopicServiceGrpc.newFutureStub(cluster.channels().channel(place.leader()))
          .withDeadlineAfter(leftMs, TimeUnit.MILLISECONDS)
          .deleteRecords(request.build());
    }

    private void take(LeaderCalls.Ended<DeleteRecordsResponse> call) {
      try {
        List<DeleteRecordsResult> results = call.answer().getResultsList();
        call.checkResults(results.stream().map(DeleteRecordsResult::getPartition).toList());
        for (int i = 0; i < results.size(); i++) {
          take(call.partitions().get(i), results.get(i));
        }
      } catch (MillraceException e) {
        boolean timedOut = e.code() == ErrorCode.REQUEST_TIMED_OUT;
        failed(timedOut ? unanswered(call.partitions(), e.error()) : e);
        cluster.channels().dialNow(call.leader());
      }
    }

    private static MillraceException unanswered(
        List<TopicPartition> partitions, MillraceError error) {
      String text = "nothing is known of the deletion in " + partitions + ": " + error.message();
      return new MillraceException(new MillraceError(error.code(), text, error.details()));
    }

    private void take(TopicPartition partition, DeleteRecordsResult result) {
      if (result.hasError()) {
        failed(named(partition, GrpcErrors.fromProto(result.getError())));
      } else {
        open.remove(partition);
        starts.put(partition, result.getLogStartOffset());
      }
    }

    private static MillraceException named(TopicPartition partition, MillraceError error) {
      Map<String, String> details = new HashMap<>(error.details());
      details.put("topic", partition.topic());
      details.put("partition", Integer.toString(partition.partition()));
      String text = partition + ": " + error.message();
      return new MillraceException(new MillraceError(error.code(), text, details));
    }

    /** What took all its time is not tried again; what changes with the leader is. */
    private void failed(MillraceException e) {
      if (!e.code().retriable() || e.code() == ErrorCode.REQUEST_TIMED_OUT) {
        refusal = refusal.or(() -> Optional.of(e));
      } else {
        retryAtMs = failure.isPresent() ? retryAtMs : now() + backoff.nextMs();
        failure = Optional.of(e);
      }
    }

    private Duration left() {
      return Duration.ofMillis(Math.max(1, deadlineMs - now()));
    }

    private long now() {
      return cluster.clock().monotonicMs();
    }
  }
}
