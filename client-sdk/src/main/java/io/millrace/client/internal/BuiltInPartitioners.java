package io.millrace.client.internal;

import io.millrace.client.api.Partitioner;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the partitioners that {@link io.millrace.client.api.Partitioners} offers. */
public final class BuiltInPartitioners {
  private BuiltInPartitioners() {}

  /** See {@link io.millrace.client.api.Partitioners#keyHash}. */
  public static Partitioner keyHash() {
    return new KeyPartitions(sticky());
  }

  /** See {@link io.millrace.client.api.Partitioners#sticky}. */
  public static Partitioner sticky() {
    return new StickyPartitions(new SplittableRandom());
  }

  /** See {@link io.millrace.client.api.Partitioners#roundRobin}. */
  public static Partitioner roundRobin() {
    return new RoundRobinPartitions(new SplittableRandom());
  }

  /** See {@link io.millrace.client.api.Partitioners#random}. */
  public static Partitioner random() {
    return (record, partitions) -> ThreadLocalRandom.current().nextInt(partitions);
  }
}
