package io.millrace.client.internal;

import com.google.common.util.concurrent.ListenableFuture;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.DeleteRecordsResult;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One deletion with its retries; confined to the calling thread. */
final class RecordDeletion {
  /** So much of the time is left for the answer to come back: it tells who is behind. */
  private static final int ANSWERS_SHARE = 8;

  private final ClusterClient cluster;
  private final PartitionLeaders leaders;
  private final Map<TopicPartition, Long> open;
  private final Map<TopicPartition, Long> starts = new HashMap<>();
  private final Backoff backoff;
  private final LeaderCalls<DeleteRecordsResponse> calls;

  /** Why a partition has to be asked for again. */
  private Optional<MillraceException> failure = Optional.empty();

  /** When that is due. */
  private long retryAtMs = Long.MAX_VALUE;

  /** Why asking again would be of no use. */
  private Optional<MillraceException> refusal = Optional.empty();

  /**
   * Begins a deletion.
   *
   * @param before the first offset to keep of each partition
   * @param deadlineMs on the monotonic clock
   */
  RecordDeletion(
      ClusterClient cluster,
      MetadataCache metadata,
      Map<TopicPartition, Long> before,
      long deadlineMs) {
    this.cluster = cluster;
    this.open = new TreeMap<>(before);
    this.leaders = new PartitionLeaders(cluster, metadata, deadlineMs);
    this.backoff = cluster.newBackoff();
    this.calls = new LeaderCalls<>(cluster, metadata, leaders);
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
    if (leaders.now() >= retryAtMs()) {
      retry();
    }
  }

  private void pause() {
    if (refusal.isPresent()) {
      throw refusal.get();
    }
    cluster.pauseOrThrow(
        Math.max(0, retryAtMs - leaders.now()), leaders.deadlineMs(), failure.orElseThrow());
  }

  /** Never after a refusal; what is under way then is waited for. */
  private long retryAtMs() {
    return refusal.isPresent() ? Long.MAX_VALUE : retryAtMs;
  }

  private void retry() {
    failure = Optional.empty();
    retryAtMs = Long.MAX_VALUE;
    leaders.refresh(idle());
    ask();
  }

  private void ask() {
    PartitionLeaders.Found found = leaders.find(idle());
    for (MillraceException why : found.unknown().values()) {
      throw why;
    }
    found.led().forEach(this::ask);
    found.leaderless().values().forEach(this::failed);
  }

  /** A request names one topic. */
  private void ask(BrokerAddress leader, List<TopicPartition> partitions) {
    partitions.stream()
        .collect(Collectors.groupingBy(TopicPartition::topic))
        .forEach((topic, ofIt) -> calls.add(leader, ofIt, send(leader, topic, ofIt)));
  }

  /** The partitions that are not done and that no leader is being asked for. */
  private List<TopicPartition> idle() {
    Set<TopicPartition> asked = calls.partitions();
    return open.keySet().stream().filter(partition -> !asked.contains(partition)).toList();
  }

  private ListenableFuture<DeleteRecordsResponse> send(
      BrokerAddress leader, String topic, List<TopicPartition> partitions) {
    long leftMs = leaders.left().toMillis();
    DeleteRecordsRequest.Builder request =
        DeleteRecordsRequest.newBuilder()
            .setName(topic)
            .setTimeoutMs((int) Math.min(Integer.MAX_VALUE, leftMs - leftMs / ANSWERS_SHARE));
    for (TopicPartition partition : partitions) {
      request.addPartitions(
          DeleteRecordsPartition.newBuilder()
              .setPartition(partition.partition())
              .setBeforeOffset(Objects.requireNonNull(open.get(partition))));
    }
    return TopicServiceGrpc.newFutureStub(cluster.channels().channel(leader))
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
      retryAtMs = failure.isPresent() ? retryAtMs : leaders.now() + backoff.nextMs();
      failure = Optional.of(e);
    }
  }
}
