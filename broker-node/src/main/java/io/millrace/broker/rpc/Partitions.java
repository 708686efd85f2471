package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionRegistry;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** Finds partitions for requests, and says why one is not here. Thread-safe. */
final class Partitions {
  private final PartitionRegistry registry;
  private final Supplier<MetadataImage> image;

  /**
   * Makes the look-up.
   *
   * @param image the newest metadata known here
   */
  Partitions(PartitionRegistry registry, Supplier<MetadataImage> image) {
    this.registry = registry;
    this.image = image;
  }

  /**
   * The partition that a request names.
   *
   * @throws io.millrace.common.MillraceException with INVALID_REQUEST if that is no id and number
   */
  static TopicIdPartition named(ByteString topicId, int partition) {
    UUID id = TopicIds.fromBytes(topicId);
    if (partition < 0) {
      throw new MillraceError(
              ErrorCode.INVALID_REQUEST, "partition: " + partition + " (expected: >= 0)")
          .exception();
    }
    return new TopicIdPartition(id, partition);
  }

  /**
   * The partition on this broker.
   *
   * @throws io.millrace.common.MillraceException if it is not here
   */
  PartitionHost require(TopicIdPartition id) {
    return registry.find(id).orElseThrow(() -> whyNotHere(id).exception());
  }

  /** The partition, if it is on this broker. */
  Optional<PartitionHost> find(TopicIdPartition id) {
    return registry.find(id);
  }

  /**
   * The topic of that name.
   *
   * @throws io.millrace.common.MillraceException with UNKNOWN_TOPIC if there is none
   */
  TopicImage requireTopic(String name) {
    return image.get().topic(name).orElseThrow(() -> TopicViews.unknownTopic(name).exception());
  }

  /** The name of the topic of that id, if there is one. */
  Optional<String> topicName(UUID id) {
    return image.get().topic(id).map(TopicImage::name);
  }

  /** What to say of a partition that is not on this broker. */
  MillraceError whyNotHere(TopicIdPartition id) {
    return registry.whyAbsent(id);
  }

  /** What to say of a partition number that a topic does not have. */
  static MillraceError unknownPartition(TopicImage topic, int partition) {
    return new MillraceError(
        ErrorCode.UNKNOWN_PARTITION,
        "partition: "
            + partition
            + " (expected: [0, "
            + (topic.partitions().size() - 1)
            + "], topic "
            + topic.name()
            + ")",
        Map.of("topic", topic.name(), "partition", Integer.toString(partition)));
  }
}
