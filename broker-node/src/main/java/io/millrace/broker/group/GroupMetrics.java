package io.millrace.broker.group;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.broker.group.core.CoordinatorCore.Census;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what coordinators do. Thread-safe. */
public final class GroupMetrics {
  private final Counter committedOffsets;
  private final Counter rebalances;
  private final Timer loads;
  private final Counter failedLoads;
  private final AtomicInteger groups = new AtomicInteger();
  private final AtomicInteger members = new AtomicInteger();

  /** Adds the meters to a registry. */
  public GroupMetrics(MeterRegistry registry) {
    committedOffsets =
        Counter.builder("millrace.group.commits")
            .description("Offsets of partitions that groups have committed here")
            .baseUnit("offsets")
            .register(registry);
    rebalances =
        Counter.builder("millrace.group.rebalances")
            .description("Times that a group's partitions were assigned anew here")
            .register(registry);
    loads =
        Timer.builder("millrace.group.load.time")
            .description(
                "How long coordinators took to load, from the leadership until they were ready")
            .register(registry);
    failedLoads =
        Counter.builder("millrace.group.load.failures")
            .description("Times that a coordinator could not read its partition")
            .register(registry);
    gauge(registry, "millrace.groups", "Groups that are coordinated here", groups);
    gauge(registry, "millrace.group.members", "The members of these groups", members);
  }

  private static void gauge(
      MeterRegistry registry, String name, String description, AtomicInteger value) {
    Gauge.builder(name, value, AtomicInteger::get).description(description).register(registry);
  }

  void committed(int offsets) {
    committedOffsets.increment(offsets);
  }

  void loaded(long tookMs) {
    loads.record(Duration.ofMillis(tookMs));
  }

  void loadFailed() {
    failedLoads.increment();
  }

  /** A coordinator has another number of groups and members than it had, and has rebalanced. */
  void changed(Census before, Census after) {
    groups.addAndGet(after.groups() - before.groups());
    members.addAndGet(after.members() - before.members());
    rebalances.increment((double) Math.max(0, after.rebalances() - before.rebalances()));
  }
}
