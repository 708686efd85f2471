package io.millrace.broker.replica;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.Collection;
import java.util.Optional;

/** The partitions that this broker has. Thread-safe. */
public interface PartitionRegistry {
  /**
   * The partition, if this broker has its log open, whether or not it leads; also one whose log
   * directory went offline since.
   */
  Optional<PartitionHost> find(TopicIdPartition id);

  /**
   * What to answer for a partition that {@link #find} does not find: UNKNOWN_TOPIC_ID,
   * UNKNOWN_PARTITION, LOG_DIR_OFFLINE, or NOT_LEADER.
   */
  MillraceError whyAbsent(TopicIdPartition id);

  /** All of them at about this moment, in no order. */
  Collection<? extends PartitionHost> partitions();
}
