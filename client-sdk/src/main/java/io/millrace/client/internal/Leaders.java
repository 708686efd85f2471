package io.millrace.client.internal;

import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Map;

/** Look-ups in a topic's view. */
final class Leaders {
  private Leaders() {}

  /** What is said of a partition that nobody leads. */
  static MillraceException none(PartitionView partition) {
    return partition
        .whyNoLeader()
        .map(MillraceError::exception)
        .orElseGet(
            () ->
                new MillraceException(
                    ErrorCode.LEADER_NOT_AVAILABLE, partition.id() + " has no leader now"));
  }

  /**
   * A partition of a topic.
   *
   * @throws MillraceException {@code UNKNOWN_PARTITION} with the number that there are
   */
  static PartitionView partition(TopicView topic, TopicPartition partition) {
    return partition(topic, partition.partition());
  }

  /** The partition with that number, from 0; see {@link #partition(TopicView, TopicPartition)}. */
  static PartitionView partition(TopicView topic, int number) {
    if (number >= topic.partitions().size()) {
      throw unknown(topic, number);
    }
    return topic.partitions().get(number);
  }

  /** What is said of a partition that a topic does not have. */
  static MillraceException unknown(TopicView topic, int number) {
    int count = topic.partitions().size();
    TopicPartition partition = new TopicPartition(topic.name(), number);
    return new MillraceException(
        new MillraceError(
            ErrorCode.UNKNOWN_PARTITION,
            "partition: " + partition + " (expected: 0 to " + (count - 1) + ")",
            Map.of("topic", topic.name(), "partitions", Integer.toString(count))));
  }
}
