package io.millrace.client.internal;

import com.google.common.util.concurrent.ListenableFuture;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One look-up of offsets with its retries. Confined to the calling thread. */
final class OffsetSearch {
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final PartitionLeaders leaders;
  private final boolean allOrNothing;
  private final Backoff backoff;

  /** What is still looked for; each partition is here, in {@link #found} or {@link #givenUp}. */
  private final Map<TopicPartition, OffsetSpec> open = new TreeMap<>();

  private final Map<TopicPartition, Long> found = new HashMap<>();

  /** Why there will be no offset of these; empty if it is all or nothing. */
  private final Map<TopicPartition, MillraceError> givenUp = new HashMap<>();

  /** Those of {@link #open} whose log directory is offline, by the last round. */
  private final Map<TopicPartition, MillraceError> offline = new HashMap<>();

  /** Why something has to be asked again, by the last round. */
  private Optional<MillraceException> failure = Optional.empty();

  /**
   * Begins a look-up.
   *
   * @param deadlineMs on the monotonic clock
   * @param allOrNothing whether what can't be told of one partition ends all
   */
  OffsetSearch(
      ClusterClient cluster, MetadataCache metadata, long deadlineMs, boolean allOrNothing) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.leaders = new PartitionLeaders(cluster, metadata, deadlineMs);
    this.allOrNothing = allOrNothing;
    this.backoff = cluster.newBackoff();
  }

  void add(TopicPartition partition, OffsetSpec place) {
    if (place instanceof OffsetSpec.AtOffset at) {
      found.put(partition, at.offset());
    } else {
      open.put(partition, place);
    }
  }

  /** What is still to be asked for. */
  List<TopicPartition> open() {
    return List.copyOf(open.keySet());
  }

  /** Those that can be asked for without asking who leads them. */
  List<TopicPartition> ofKnownTopics() {
    return open.keySet().stream().filter(leaders::isTopicKnown).toList();
  }

  /** Asks for the topics until one broker has told something. */
  void learnSomeTopics() {
    leaders.learnSome(open.keySet());
  }

  Map<TopicPartition, Long> found() {
    return found;
  }

  boolean hasToldNothing() {
    return found.isEmpty() && givenUp.isEmpty() && !open.isEmpty();
  }

  OffsetsFound told() {
    return new OffsetsFound(found, givenUp);
  }

  /**
   * Asks the leaders, and others who leads what is not known while the leaders answer.
   *
   * @param partitions some of {@link #open}
   * @throws MillraceException if it is all or nothing, and one can't be told
   */
  void ask(List<TopicPartition> partitions) {
    failure = Optional.empty();
    offline.clear();
    Map<Boolean, List<TopicPartition>> known =
        partitions.stream().collect(Collectors.partitioningBy(leaders::isTopicKnown));
    LeaderCalls<ListOffsetsResponse> calls = new LeaderCalls<>(cluster, metadata, leaders);
    try {
      for (boolean isKnown : List.of(true, false)) {
        leadersOf(Objects.requireNonNull(known.get(isKnown)))
            .forEach((leader, led) -> calls.add(leader, led, send(leader, led)));
      }
      while (!calls.isEmpty()) {
        calls.next(Long.MAX_VALUE).ifPresent(this::take);
      }
    } finally {
      calls.cancel();
    }
  }

  private Map<BrokerAddress, List<TopicPartition>> leadersOf(List<TopicPartition> partitions) {
    PartitionLeaders.Found places;
    try {
      places = leaders.find(partitions);
    } catch (MillraceException e) {
      failed(partitions, e);
      return Map.of();
    }
    places.leaderless().forEach(this::refused);
    places.unknown().forEach((partition, why) -> giveUp(List.of(partition), why));
    return places.led();
  }

  private ListenableFuture<ListOffsetsResponse> send(
      BrokerAddress leader, List<TopicPartition> partitions) {
    ListOffsetsRequest.Builder request = ListOffsetsRequest.newBuilder();
    partitions.forEach(p -> request.addPartitions(question(p)));
    return FetchServiceGrpc.newFutureStub(cluster.channels().channel(leader))
        .withDeadlineAfter(leaders.left().toMillis(), TimeUnit.MILLISECONDS)
        .listOffsets(request.build());
  }

  private ListOffsetsPartition question(TopicPartition partition) {
    TopicView topic = metadata.topic(partition.topic(), leaders.left());
    ListOffsetsPartition.Builder question =
        ListOffsetsPartition.newBuilder()
            .setTopicId(Uuids.toBytes(topic.id()))
            .setPartition(partition.partition())
            .setCurrentLeaderEpoch(Leaders.partition(topic, partition).leaderEpoch());
    OffsetSpec place = Objects.requireNonNull(open.get(partition));
    if (place instanceof OffsetSpec.AtTime at && at.timestampMs() > 0) {
      question.setTimestampMs(at.timestampMs());
    } else if (place instanceof OffsetSpec.Earliest || place instanceof OffsetSpec.AtTime) {
      // No record is older than a time before 1970, which the broker does not take.
      question.setPosition(OffsetPosition.OFFSET_POSITION_EARLIEST);
    } else {
      question.setPosition(OffsetPosition.OFFSET_POSITION_LATEST);
    }
    return question.build();
  }

  private void take(LeaderCalls.Ended<ListOffsetsResponse> call) {
    try {
      List<ListOffsetsResult> results = call.answer().getResultsList();
      call.checkResults(results.stream().map(ListOffsetsResult::getPartition).toList());
      for (int i = 0; i < results.size(); i++) {
        take(call.partitions().get(i), results.get(i));
      }
    } catch (MillraceException e) {
      cluster.channels().dialNow(call.leader());
      failed(call.partitions(), e);
    }
  }

  private void take(TopicPartition partition, ListOffsetsResult result) {
    if (result.hasError()) {
      refused(partition, GrpcErrors.fromProto(result.getError()).exception());
    } else if (result.getOffset() < 0) {
      open.put(partition, OffsetSpec.latest());
    } else {
      open.remove(partition);
      found.put(partition, result.getOffset());
    }
  }

  private void refused(TopicPartition partition, MillraceException why) {
    if (why.code() == ErrorCode.LOG_DIR_OFFLINE) {
      offline.put(partition, why.error());
    }
    failed(List.of(partition), why);
  }

  private void failed(Collection<TopicPartition> partitions, MillraceException why) {
    boolean lasting = !why.code().retriable() && why.code() != ErrorCode.UNKNOWN_TOPIC_ID;
    if (lasting || why.code() == ErrorCode.CORRUPT_BATCH) {
      giveUp(partitions, why);
    } else {
      failure = Optional.of(why);
    }
  }

  /**
   * Looks no longer for these.
   *
   * @throws MillraceException that one, if it is all or nothing
   */
  void giveUp(Collection<TopicPartition> partitions, MillraceException why) {
    if (allOrNothing) {
      throw why;
    }
    for (TopicPartition partition : partitions) {
      // An answer may have told of some of those that were asked for together.
      if (open.remove(partition) != null) {
        givenUp.put(partition, why.error());
      }
    }
  }

  /** Looks no longer for what the leader can't tell until somebody mends its disk. */
  void giveUpOffline() {
    givenUp.putAll(offline);
    open.keySet().removeAll(offline.keySet());
    failure = open.isEmpty() ? Optional.empty() : failure;
  }

  /**
   * Waits before the next round, if there is something to be asked again.
   *
   * @throws MillraceException why that has to be, if no time is left
   */
  void pause() {
    if (failure.isPresent()) {
      cluster.pauseOrThrow(backoff.nextMs(), leaders.deadlineMs(), failure.get());
      leaders.refresh(open.keySet());
    }
  }
}
