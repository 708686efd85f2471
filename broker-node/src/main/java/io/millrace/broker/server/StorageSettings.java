package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** Threads, logs, replicas, and what is remembered of producers. */
public final class StorageSettings {
  public static final ConfigKey<Integer> SHARDS_PER_DIR =
      ConfigKey.of(
              "shards",
              ConfigTypes.INT,
              0,
              "The threads that append, for each data directory; 0 for one a processor, divided"
                  + " among the directories.")
          .between(0, 1_024);
  public static final ConfigKey<Integer> FETCH_THREADS =
      ConfigKey.of(
              "fetch.threads",
              ConfigTypes.INT,
              0,
              "The threads that read for fetches; 0 for two a processor.")
          .between(0, 1_024);
  public static final ConfigKey<Integer> RECOVERY_THREADS =
      ConfigKey.of(
              "num.recovery.threads.per.data.dir",
              ConfigTypes.INT,
              2,
              "The threads that open and check logs at the start, for each data directory.")
          .between(1, 1_024);

  public static final ConfigKey<Integer> NUM_PARTITIONS =
      ConfigKey.of(
              "num.partitions",
              ConfigTypes.INT,
              1,
              "Partitions of a new topic that names no number.")
          .between(1, 10_000);
  public static final ConfigKey<Integer> DEFAULT_REPLICATION_FACTOR =
      ConfigKey.of(
              "default.replication.factor",
              ConfigTypes.INT,
              1,
              "Replicas of a new topic that names no number.")
          .between(1, 32_767);
  public static final ConfigKey<Long> RETENTION_CHECK_INTERVAL_MS =
      ConfigKey.of(
              "log.retention.check.interval.ms",
              ConfigTypes.DURATION,
              300_000L,
              "How often segments are looked at for deletion.")
          .atLeast(1);
  public static final ConfigKey<Long> CHECKPOINT_INTERVAL_MS =
      ConfigKey.of(
              "log.flush.offset.checkpoint.interval.ms",
              ConfigTypes.DURATION,
              60_000L,
              "How often the recovery points are written down: what lies before one is not read"
                  + " again after a crash.")
          .atLeast(1);
  public static final ConfigKey<Integer> MAX_OPEN_SEGMENTS =
      ConfigKey.of(
              "log.max.open.segments",
              ConfigTypes.INT,
              4_096,
              "The most sealed segments that are open at a time, over all data directories; each"
                  + " takes a file and two mappings.")
          .between(16, 1_000_000);

  public static final ConfigKey<Long> PRODUCER_ID_EXPIRATION_MS =
      ConfigKey.of(
              "producer.id.expiration.ms",
              ConfigTypes.DURATION,
              86_400_000L,
              "An idempotent producer that wrote nothing for this time is forgotten.")
          .atLeast(1);
  public static final ConfigKey<Integer> PRODUCER_BATCHES_REMEMBERED =
      ConfigKey.of(
              "producer.batches.remembered",
              ConfigTypes.INT,
              64,
              "How many batches of a producer and partition are remembered to recognize repeats;"
                  + " a producer should not have more in flight.")
          .between(1, 1_024);

  public static final ConfigKey<Long> REPLICA_LAG_TIME_MAX_MS =
      ConfigKey.of(
              "replica.lag.time.max.ms",
              ConfigTypes.DURATION,
              30_000L,
              "A follower that has not been caught up for this time leaves the in-sync replicas.")
          .atLeast(1);

  static final Section THREADS =
      new Section("Threads", List.of(SHARDS_PER_DIR, FETCH_THREADS, RECOVERY_THREADS));

  static final Section LOGS =
      new Section(
          "Logs",
          List.of(
              NUM_PARTITIONS,
              DEFAULT_REPLICATION_FACTOR,
              RETENTION_CHECK_INTERVAL_MS,
              CHECKPOINT_INTERVAL_MS,
              MAX_OPEN_SEGMENTS));

  static final Section REPLICATION = new Section("Replication", List.of(REPLICA_LAG_TIME_MAX_MS));

  static final Section PRODUCERS =
      new Section("Producers", List.of(PRODUCER_ID_EXPIRATION_MS, PRODUCER_BATCHES_REMEMBERED));

  private StorageSettings() {}
}
