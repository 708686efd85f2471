package io.millrace.broker.replica;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what replication moves and changes. Thread-safe. */
public final class ReplicationMetrics {
  private final Counter receivedBytes;
  private final Counter sentBytes;
  private final Counter refusedBatches;
  private final Counter isrShrinks;
  private final Counter isrExpands;
  private final AtomicInteger followers = new AtomicInteger();
  private final AtomicInteger followed = new AtomicInteger();

  /** Adds the counters to a registry. */
  public ReplicationMetrics(MeterRegistry registry) {
    receivedBytes =
        bytes(
            registry, "received", "Bytes of record batches that came from leaders to be followed");
    sentBytes = bytes(registry, "sent", "Bytes of record batches that were sent to followers");
    refusedBatches =
        Counter.builder("millrace.replication.refused")
            .description("Times that batches of a leader were corrupt or did not follow")
            .register(registry);
    isrShrinks =
        Counter.builder("millrace.isr.shrinks")
            .description("Replicas that left the in-sync replicas of partitions led here")
            .register(registry);
    isrExpands =
        Counter.builder("millrace.isr.expands")
            .description("Replicas that joined the in-sync replicas of partitions led here")
            .register(registry);
    registry.gauge("millrace.replication.followers", followers);
    registry.gauge("millrace.replication.subscriptions", followed);
  }

  private static Counter bytes(MeterRegistry registry, String way, String description) {
    return Counter.builder("millrace.replication." + way + ".bytes")
        .baseUnit("bytes")
        .description(description)
        .register(registry);
  }

  void received(int bytes) {
    receivedBytes.increment(bytes);
  }

  /** Records have gone to a follower. */
  public void sent(int bytes) {
    sentBytes.increment(bytes);
  }

  void refused() {
    refusedBatches.increment();
  }

  void isrChanged(int left, int joined) {
    isrShrinks.increment(left);
    isrExpands.increment(joined);
  }

  /** So many more subscriptions of followers of this broker than before. */
  public void followersChanged(int by) {
    followers.addAndGet(by);
  }

  /** So many more subscriptions of this broker than before. */
  void followedChanged(int by) {
    followed.addAndGet(by);
  }
}
