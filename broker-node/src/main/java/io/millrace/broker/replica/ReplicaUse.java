package io.millrace.broker.replica;

import io.millrace.common.TopicPartition;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A log on this broker.
 *
 * @param name whose log it is
 * @param directoryId the log directory that it lies in
 * @param view the partition at this moment
 * @param corruptOffset where the first batch begins that was found corrupt and is still there
 */
public record ReplicaUse(
    TopicPartition name, UUID directoryId, PartitionView view, OptionalLong corruptOffset) {
  /** The bytes of its segments. */
  public long bytes() {
    return view.log().sizeInBytes();
  }
}
