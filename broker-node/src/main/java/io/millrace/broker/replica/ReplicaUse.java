package io.millrace.broker.replica;

import io.millrace.common.TopicPartition;
import java.util.UUID;

/**
 * A log on this broker.
 *
 * @param name whose log it is
 * @param directoryId the log directory that it lies in
 * @param view the partition at this moment
 */
public record ReplicaUse(TopicPartition name, UUID directoryId, PartitionView view) {
  /** The bytes of its segments. */
  public long bytes() {
    return view.log().sizeInBytes();
  }
}
