package io.millrace.broker.group;

import io.millrace.broker.group.core.GroupSettings;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.image.MetadataImage;
import java.util.function.Supplier;

/**
 * What coordinators work with. Immutable.
 *
 * @param brokerId this broker
 * @param image the newest metadata known here
 * @param settings what groups go by
 * @param scheduler for tasks that only wake others
 * @param faults told of broken invariants
 */
public record GroupEnvironment(
    int brokerId,
    Supplier<MetadataImage> image,
    GroupSettings settings,
    GroupThreads threads,
    Scheduler scheduler,
    Clock clock,
    FaultHandler faults,
    GroupMetrics metrics) {}
