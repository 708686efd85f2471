package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;

/** Finds the topics and partitions that a command names. */
final class PartitionLookup {
  private PartitionLookup() {}

  /**
   * The topic of that name.
   *
   * @throws io.millrace.common.MillraceException if there is none
   */
  static TopicImage topic(MetadataImage image, String name) {
    return image.topic(name).orElseThrow(() -> TopicNames.unknown(image, name).exception());
  }

  /**
   * The partition of that name.
   *
   * @throws io.millrace.common.MillraceException if there is none
   */
  static PartitionImage existing(MetadataImage image, TopicPartition name) {
    TopicImage topic = topic(image, name.topic());
    return topic
        .partition(name.partition())
        .orElseThrow(
            () ->
                new MillraceError(
                        ErrorCode.UNKNOWN_PARTITION,
                        "partition: "
                            + name
                            + " (expected: a number below "
                            + topic.partitions().size()
                            + ")",
                        Map.of("topic", name.topic(), "partition", "" + name.partition()))
                    .exception());
  }
}
