package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** Consumer groups and their offsets. */
public final class ConsumerGroupSettings {
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

  static final Section SECTION =
      new Section("Groups", List.of(OFFSETS_TOPIC_PARTITIONS, OFFSETS_TOPIC_REPLICATION_FACTOR));

  private ConsumerGroupSettings() {}
}
