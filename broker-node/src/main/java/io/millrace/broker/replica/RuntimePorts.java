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
 */
public record RuntimePorts(
    Clock clock,
    PartitionDriver driver,
    LogTaskPort tasks,
    DiskFailurePort failures,
    FaultHandler faults) {}
