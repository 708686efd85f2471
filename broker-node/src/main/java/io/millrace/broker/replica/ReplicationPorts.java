package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import java.util.UUID;

/** Makes the {@link ReplicationPort} of each partition that is opened here. Thread-safe. */
@FunctionalInterface
public interface ReplicationPorts {
  /** Of a broker without others. */
  ReplicationPorts NONE = (id, directory) -> ReplicationPort.NONE;

  /**
   * The port of a partition.
   *
   * @param directory the log directory that it lies in
   */
  ReplicationPort of(TopicIdPartition id, UUID directory);
}
