package io.millrace.broker.replica;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;

/**
 * What a partition needs of the world around it: real threads and disks, or simulated ones.
 *
 * @param clock the monotonic time of the events, and the wall time of LogAppendTime
 * @param driver runs the partition
 * @param tasks does what waits for the disk
 * @param failures told when the disk failed
 * @param faults told of broken invariants
 * @param replication says what concerns other brokers
 * @param checkpoints knows what is noted of the partition
 */
public record RuntimePorts(
    Clock clock,
    PartitionDriver driver,
    LogTaskPort tasks,
    DiskFailurePort failures,
    FaultHandler faults,
    ReplicationPort replication,
    CheckpointPort checkpoints) {
  /** Of a partition that has one replica, and of which nothing is noted. */
  public RuntimePorts(
      Clock clock,
      PartitionDriver driver,
      LogTaskPort tasks,
      DiskFailurePort failures,
      FaultHandler faults) {
    this(clock, driver, tasks, failures, faults, ReplicationPort.NONE, CheckpointPort.NONE);
  }
}
