package io.millrace.common;

import java.util.UUID;

/**
 * A partition by its topic's id, which is never used twice.
 *
 * @param topicId the topic's id
 * @param partition the partition's number, from 0
 */
public record TopicIdPartition(UUID topicId, int partition) {
  public TopicIdPartition {
    if (partition < 0) {
      throw new IllegalArgumentException("partition: " + partition + " (expected: >= 0)");
    }
  }

  @Override
  public String toString() {
    return topicId + "-" + partition;
  }
}
