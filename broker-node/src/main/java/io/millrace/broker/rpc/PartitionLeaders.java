package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Finds who leads a partition, by the newest metadata known here. Thread-safe. */
final class PartitionLeaders {
  private final Supplier<MetadataImage> image;

  PartitionLeaders(Supplier<MetadataImage> image) {
    this.image = image;
  }

  /**
   * The broker that leads.
   *
   * @throws io.millrace.common.MillraceException with UNKNOWN_TOPIC_ID or UNKNOWN_PARTITION if
   *     there is no such partition, with LEADER_NOT_AVAILABLE or LOG_DIR_OFFLINE if nobody leads it
   */
  BrokerImage require(TopicIdPartition id) {
    MetadataImage now = image.get();
    TopicImage topic = now.topic(id.topicId()).orElseThrow(() -> unknown(id).exception());
    PartitionImage partition =
        topic
            .partition(id.partition())
            .orElseThrow(() -> Partitions.unknownPartition(topic, id.partition()).exception());
    return now.broker(partition.leader())
        .orElseThrow(() -> NoLeader.why(now, topic.name(), id.partition(), partition).exception());
  }

  /** The node id of the broker that leads, or 0 if nobody does. */
  int leader(TopicIdPartition id) {
    return partition(id).map(PartitionImage::leader).orElse(PartitionImage.NO_BROKER);
  }

  /** Whether the partition exists, and has replicas besides the first. */
  boolean replicated(TopicIdPartition id) {
    return partition(id).filter(partition -> partition.replicas().size() > 1).isPresent();
  }

  /** Whether the topic exists. */
  boolean exists(TopicIdPartition id) {
    return image.get().topic(id.topicId()).isPresent();
  }

  private Optional<PartitionImage> partition(TopicIdPartition id) {
    return image.get().topic(id.topicId()).flatMap(topic -> topic.partition(id.partition()));
  }

  private static MillraceError unknown(TopicIdPartition id) {
    return new MillraceError(
        ErrorCode.UNKNOWN_TOPIC_ID,
        "topic_id: " + id.topicId() + " (expected: the id of a topic)",
        Map.of("topic_id", id.topicId().toString()));
  }
}
