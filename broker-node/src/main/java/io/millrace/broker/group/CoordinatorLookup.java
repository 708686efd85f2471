package io.millrace.broker.group;

import io.millrace.broker.metadata.TopicReadiness;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Clock;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Tells which broker coordinates a group, from the metadata. Thread-safe. */
public final class CoordinatorLookup {
  private final MetadataQuorum quorum;
  private final OffsetsTopicCreation creation;

  /** Makes the look-up. */
  public CoordinatorLookup(
      MetadataQuorum quorum, OffsetsTopicSettings settings, TopicReadiness readiness, Clock clock) {
    this.quorum = quorum;
    this.creation = new OffsetsTopicCreation(quorum, settings, readiness, clock);
  }

  /**
   * A group's coordinator.
   *
   * @param broker the broker
   * @param partition the partition of the offsets topic
   * @param leaderEpoch the epoch in which the broker leads it
   */
  public record Coordinator(BrokerImage broker, int partition, int leaderEpoch) {}

  /**
   * Finds a group's coordinator; makes the offsets topic if there is none.
   *
   * @param timeout how long that may take
   * @return fails with COORDINATOR_NOT_AVAILABLE while nobody leads. May complete on the metadata
   *     thread: what hangs on it must not block
   */
  public CompletableFuture<Coordinator> find(String groupId, Duration timeout) {
    return creation.topic(timeout).thenApply(topic -> coordinator(groupId, topic));
  }

  private Coordinator coordinator(String groupId, TopicImage topic) {
    MetadataImage image = quorum.image();
    int number = OffsetsTopic.partitionOf(groupId, topic.partitions().size());
    PartitionImage partition = topic.partitions().get(number);
    return image
        .broker(partition.leader())
        .map(broker -> new Coordinator(broker, number, partition.leaderEpoch()))
        .orElseThrow(() -> noLeader(topic, number).exception());
  }

  private static MillraceError noLeader(TopicImage topic, int number) {
    return new MillraceError(
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        topic.name() + "-" + number + " has no leader now",
        Map.of("topic", topic.name(), "partition", "" + number));
  }
}
