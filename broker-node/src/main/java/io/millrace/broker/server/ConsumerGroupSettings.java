package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** Consumer groups and their offsets. */
public final class ConsumerGroupSettings {
  private static final int MAX_SESSION_MS = 24 * 3_600_000;

  public static final ConfigKey<Integer> OFFSETS_TOPIC_PARTITIONS =
      ConfigKey.of(
              "offsets.topic.num.partitions",
              ConfigTypes.INT,
              50,
              "The partitions of the topic that keeps groups and their offsets; the same on all"
                  + " brokers, and of effect only until the topic is made, when the first group"
                  + " comes.")
          .between(1, 10_000);
  public static final ConfigKey<Integer> OFFSETS_TOPIC_REPLICATION_FACTOR =
      ConfigKey.of(
              "offsets.topic.replication.factor",
              ConfigTypes.INT,
              3,
              "The replicas of each of its partitions: so many, or as many as there are brokers"
                  + " when the topic is made.")
          .between(1, 32_767);

  public static final ConfigKey<Integer> SESSION_TIMEOUT_MS =
      ConfigKey.of(
              "group.session.timeout.ms",
              ConfigTypes.INT,
              45_000,
              "How long a member of a group may be silent, in milliseconds, when it names no time;"
                  + " then its partitions go to others.")
          .between(1, MAX_SESSION_MS);
  public static final ConfigKey<Integer> MIN_SESSION_TIMEOUT_MS =
      ConfigKey.of(
              "group.min.session.timeout.ms",
              ConfigTypes.INT,
              6_000,
              "The shortest session timeout that a member may name, in milliseconds.")
          .between(1, MAX_SESSION_MS);
  public static final ConfigKey<Integer> MAX_SESSION_TIMEOUT_MS =
      ConfigKey.of(
              "group.max.session.timeout.ms",
              ConfigTypes.INT,
              1_800_000,
              "The longest session timeout that a member may name, in milliseconds.")
          .between(1, MAX_SESSION_MS);
  public static final ConfigKey<Integer> HEARTBEAT_INTERVAL_MS =
      ConfigKey.of(
              "group.heartbeat.interval.ms",
              ConfigTypes.INT,
              5_000,
              "How often members of groups are asked for a heartbeat, in milliseconds; well below"
                  + " the session timeout.")
          .between(1, MAX_SESSION_MS);
  public static final ConfigKey<Integer> MAX_SIZE =
      ConfigKey.of(
              "group.max.size",
              ConfigTypes.INT,
              10_000,
              "The most members of a group; one more is refused with GROUP_FULL.")
          .between(1, 1_000_000);
  public static final ConfigKey<Long> OFFSETS_RETENTION_MS =
      ConfigKey.of(
              "offsets.retention.ms",
              ConfigTypes.DURATION,
              604_800_000L,
              "How long committed offsets are kept after the group has become empty, or no member"
                  + " is subscribed to their topic any more.")
          .atLeast(1);
  public static final ConfigKey<Integer> OFFSET_METADATA_MAX_BYTES =
      ConfigKey.of(
              "offset.metadata.max.bytes",
              ConfigTypes.BUFFER_SIZE,
              4_096,
              "The most bytes of the text that is committed with an offset.")
          .between(0, 1 << 20);
  public static final ConfigKey<Integer> COORDINATOR_THREADS =
      ConfigKey.of(
              "group.coordinator.threads",
              ConfigTypes.INT,
              2,
              "The threads that coordinate groups, and as many that read for coordinators that"
                  + " begin. Each partition of the offsets topic is on one of them.")
          .between(1, 256);
  public static final ConfigKey<Integer> MAX_STREAMS =
      ConfigKey.of(
              "max.group.streams",
              ConfigTypes.INT,
              10_000,
              "The most streams of members of groups that are open on the server; more are refused.")
          .between(1, 1_000_000);

  static final Section SECTION =
      new Section(
          "Groups",
          List.of(
              SESSION_TIMEOUT_MS,
              MIN_SESSION_TIMEOUT_MS,
              MAX_SESSION_TIMEOUT_MS,
              HEARTBEAT_INTERVAL_MS,
              MAX_SIZE,
              OFFSETS_RETENTION_MS,
              OFFSET_METADATA_MAX_BYTES,
              COORDINATOR_THREADS,
              MAX_STREAMS,
              OFFSETS_TOPIC_PARTITIONS,
              OFFSETS_TOPIC_REPLICATION_FACTOR));

  private ConsumerGroupSettings() {}
}
