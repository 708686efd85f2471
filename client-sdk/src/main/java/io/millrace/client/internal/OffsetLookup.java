package io.millrace.client.internal;

import com.google.common.util.concurrent.ListenableFuture;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsRequest;
import io.millrace.proto.v1.ListOffsetsResponse;
import io.millrace.proto.v1.ListOffsetsResult;
import io.millrace.proto.v1.OffsetPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Finds offsets by place at the leaders, with retries after a change of leader. Thread-safe. */
final class OffsetLookup {
  private final ClusterClient cluster;
  private final MetadataCache metadata;

  OffsetLookup(ClusterClient cluster, MetadataCache metadata) {
    this.cluster = cluster;
    this.metadata = metadata;
  }

  /**
   * The offsets; a time after the last record gives the end.
   *
   * @throws MillraceException if one of them can't be found within the time-out
   */
  Map<TopicPartition, Long> find(Map<TopicPartition, OffsetSpec> places, Duration timeout) {
    Search search = search(places, timeout);
    while (!search.open.isEmpty()) {
      search.round();
    }
    return search.found;
  }

  /** The offsets that can be told within the time-out, and at once why not the others. */
  OffsetsFound findNow(Map<TopicPartition, OffsetSpec> places, Duration timeout) {
    Search search = search(places, timeout);
    Map<TopicPartition, MillraceError> unknown = new HashMap<>();
    while (!search.open.isEmpty()) {
      try {
        search.ask();
        unknown.putAll(search.giveUpOffline());
        search.pause();
      } catch (MillraceException e) {
        search.open.keySet().forEach(partition -> unknown.put(partition, e.error()));
        break;
      }
    }
    return new OffsetsFound(search.found, unknown);
  }

  private Search search(Map<TopicPartition, OffsetSpec> places, Duration timeout) {
    Search search = new Search(cluster.clock().monotonicMs() + timeout.toMillis());
    places.forEach(search::add);
    return search;
  }

  /** One look-up with its retries; confined to the calling thread. */
  private final class Search {
    private final long deadlineMs;
    private final Map<TopicPartition, OffsetSpec> open = new TreeMap<>();
    private final Map<TopicPartition, Long> found = new HashMap<>();
    private final Backoff backoff = cluster.newBackoff();
    private Optional<MillraceException> failure = Optional.empty();

    /** Those of {@link #open} whose log directory is offline, by the last round. */
    private final Map<TopicPartition, MillraceError> offline = new HashMap<>();

    Search(long deadlineMs) {
      this.deadlineMs = deadlineMs;
    }

    void add(TopicPartition partition, OffsetSpec place) {
      if (place instanceof OffsetSpec.AtOffset at) {
        found.put(partition, at.offset());
      } else {
        open.put(partition, place);
      }
    }

    void round() {
      ask();
      pause();
    }

    void ask() {
      failure = Optional.empty();
      offline.clear();
      LeaderCalls<ListOffsetsResponse> calls = new LeaderCalls<>(cluster, metadata, deadlineMs);
      try {
        byLeader()
            .forEach(
                (leader, partitions) -> calls.add(leader, partitions, send(leader, partitions)));
        while (!calls.isEmpty()) {
          calls.next(Long.MAX_VALUE).ifPresent(this::take);
        }
      } finally {
        calls.cancel();
      }
    }

    /** Looks no longer for what the leader can't tell until somebody mends its disk. */
    Map<TopicPartition, MillraceError> giveUpOffline() {
      open.keySet().removeAll(offline.keySet());
      failure = open.isEmpty() ? Optional.empty() : failure;
      return offline;
    }

    void pause() {
      if (failure.isPresent()) {
        cluster.pauseOrThrow(backoff.nextMs(), deadlineMs, failure.get());
        metadata
            .refreshAll(topics(open.keySet()), left())
            .forEach(
                (topic, error) -> {
                  if (error.code() == ErrorCode.UNKNOWN_TOPIC) {
                    metadata.forget(topic);
                  }
                });
      }
    }

    private Map<BrokerAddress, List<TopicPartition>> byLeader() {
      Map<BrokerAddress, List<TopicPartition>> leaders = new HashMap<>();
      for (TopicPartition partition : open.keySet()) {
        PartitionView view = partitionView(partition);
        Optional<BrokerAddress> leader = view.leader();
        if (leader.isPresent()) {
          leaders.computeIfAbsent(leader.get(), a -> new ArrayList<>()).add(partition);
        } else {
          refused(partition, Leaders.none(view).error());
        }
      }
      return leaders;
    }

    private PartitionView partitionView(TopicPartition partition) {
      TopicView topic = metadata.topic(partition.topic(), left());
      return Leaders.partition(topic, partition);
    }

    private ListenableFuture<ListOffsetsResponse> send(
        BrokerAddress leader, List<TopicPartition> partitions) {
      ListOffsetsRequest.Builder request = ListOffsetsRequest.newBuilder();
      partitions.forEach(p -> request.addPartitions(question(p)));
      return FetchServiceGrpc.newFutureStub(cluster.channels().channel(leader))
          .withDeadlineAfter(left().toMillis(), TimeUnit.MILLISECONDS)
          .listOffsets(request.build());
    }

    private void take(LeaderCalls.Ended<ListOffsetsResponse> call) {
      try {
        List<ListOffsetsResult> results = call.answer().getResultsList();
        call.checkResults(results.stream().map(ListOffsetsResult::getPartition).toList());
        for (int i = 0; i < results.size(); i++) {
          take(call.partitions().get(i), results.get(i));
        }
      } catch (MillraceException e) {
        failed(e);
        cluster.channels().dialNow(call.leader());
      }
    }

    private ListOffsetsPartition question(TopicPartition partition) {
      TopicView topic = metadata.topic(partition.topic(), left());
      ListOffsetsPartition.Builder question =
          ListOffsetsPartition.newBuilder()
              .setTopicId(Uuids.toBytes(topic.id()))
              .setPartition(partition.partition())
              .setCurrentLeaderEpoch(partitionView(partition).leaderEpoch());
      OffsetSpec place = open.get(partition);
      if (place instanceof OffsetSpec.Earliest) {
        question.setPosition(OffsetPosition.OFFSET_POSITION_EARLIEST);
      } else if (place instanceof OffsetSpec.AtTime at) {
        if (at.timestampMs() > 0) {
          question.setTimestampMs(at.timestampMs());
        } else {
          // No record is older; the broker takes no timestamp for none.
          question.setPosition(OffsetPosition.OFFSET_POSITION_EARLIEST);
        }
      } else {
        question.setPosition(OffsetPosition.OFFSET_POSITION_LATEST);
      }
      return question.build();
    }

    private void take(TopicPartition partition, ListOffsetsResult result) {
      if (result.hasError()) {
        refused(partition, GrpcErrors.fromProto(result.getError()));
      } else if (result.getOffset() < 0) {
        open.put(partition, OffsetSpec.latest());
      } else {
        open.remove(partition);
        found.put(partition, result.getOffset());
      }
    }

    private void refused(TopicPartition partition, MillraceError error) {
      if (error.code() == ErrorCode.LOG_DIR_OFFLINE) {
        offline.put(partition, error);
      }
      failed(error.exception());
    }

    private void failed(MillraceException e) {
      boolean lasting = !e.code().retriable() && e.code() != ErrorCode.UNKNOWN_TOPIC_ID;
      if (lasting || e.code() == ErrorCode.CORRUPT_BATCH) {
        throw e;
      }
      failure = Optional.of(e);
    }

    private static Set<String> topics(Collection<TopicPartition> partitions) {
      return partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet());
    }

    private Duration left() {
      return Duration.ofMillis(Math.max(1, deadlineMs - cluster.clock().monotonicMs()));
    }
  }
}
