package io.millrace.common.config;

import java.util.List;

/** How fast replicas that are far behind catch up; also set while brokers run. */
public final class ReplicationConfigs {
  /** What a leader gives. */
  public static final ConfigKey<Long> LEADER_THROTTLED_RATE =
      ConfigKey.of(
              "leader.replication.throttled.rate",
              ConfigTypes.SIZE,
              Long.MAX_VALUE,
              "The most bytes a second that this broker sends to replicas that are far behind, all"
                  + " together. Replicas in sync, and those that nearly are, get all they can take.")
          .atLeast(1);

  /** What a follower takes. */
  public static final ConfigKey<Long> FOLLOWER_THROTTLED_RATE =
      ConfigKey.of(
              "follower.replication.throttled.rate",
              ConfigTypes.SIZE,
              Long.MAX_VALUE,
              "The most bytes a second that this broker takes for its replicas that are far behind,"
                  + " all together, but for what `replication.credit.bytes` lets come at first.")
          .atLeast(1);

  private ReplicationConfigs() {}

  /** The settings. */
  public static ConfigSchema.Section catchingUp() {
    return new ConfigSchema.Section(
        "Replicas that catch up", List.of(LEADER_THROTTLED_RATE, FOLLOWER_THROTTLED_RATE));
  }

  /** All that can be set through the cluster, for one broker or for all. */
  public static List<ConfigSchema.Section> dynamic() {
    return List.of(TopicConfigs.brokerDefaults(), catchingUp());
  }
}
