package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;

/** Makes the {@link ReplicationPort} of each partition that is opened here. Thread-safe. */
@FunctionalInterface
public interface ReplicationPorts {
  /** Of a broker without others. */
  ReplicationPorts NONE = id -> ReplicationPort.NONE;

  /** The port of a partition. */
  ReplicationPort of(TopicIdPartition id);
}
