package io.millrace.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.FlushMode;
import io.millrace.common.TimestampType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicConfigsTest {
  private static final ConfigSchema BROKER =
      new ConfigSchema("setting", List.of(TopicConfigs.brokerDefaults()));

  /**
   * Every key of a topic, the broker's key for it, and the default: the contract with operators.
   */
  private static final List<List<String>> KEYS =
      List.of(
          List.of("cleanup.policy", "log.cleanup.policy", "delete"),
          List.of("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", "0.5"),
          List.of("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", "0"),
          List.of(
              "max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", "9223372036854775807"),
          List.of("delete.retention.ms", "log.cleaner.delete.retention.ms", "86400000"),
          List.of("retention.ms", "log.retention.ms", "604800000"),
          List.of("retention.bytes", "log.retention.bytes", "-1"),
          List.of("segment.bytes", "log.segment.bytes", "1073741824"),
          List.of("segment.ms", "log.roll.ms", "604800000"),
          List.of("segment.index.bytes", "log.index.size.max.bytes", "10485760"),
          List.of("index.interval.bytes", "log.index.interval.bytes", "4096"),
          List.of("max.message.bytes", "message.max.bytes", "1048588"),
          List.of("message.timestamp.type", "log.message.timestamp.type", "CreateTime"),
          List.of(
              "message.timestamp.before.max.ms",
              "log.message.timestamp.before.max.ms",
              "9223372036854775807"),
          List.of(
              "message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", "3600000"),
          List.of("min.insync.replicas", "min.insync.replicas", "1"),
          List.of("unclean.leader.election.enable", "unclean.leader.election.enable", "false"),
          List.of("flush.mode", "log.flush.mode", "os"),
          List.of("file.delete.delay.ms", "log.segment.delete.delay.ms", "60000"));

  @Test
  void everyKeyHasItsDefaultAndItsBrokerSetting() {
    assertThat(TopicConfigs.SCHEMA.keys())
        .extracting(k -> List.of(k.name(), TopicConfigs.brokerKey(k).name(), k.renderDefault()))
        .containsExactlyElementsOf(KEYS);
    assertThat(BROKER.keys())
        .extracting(k -> List.of(k.name(), k.renderDefault()))
        .containsExactlyElementsOf(KEYS.stream().map(k -> k.subList(1, 3)).toList());
  }

  @Test
  void everyBrokerSettingReachesItsTopicKey() {
    Map<String, String> other = new LinkedHashMap<>();
    for (ConfigKey<?> key : TopicConfigs.SCHEMA.keys()) {
      String value = key.type().label().equals("os / commit") ? "commit" : "2000";
      value = key.type().label().startsWith("CreateTime") ? "LogAppendTime" : value;
      value = key.type().label().equals("boolean") ? "true" : value;
      value = key.type().label().startsWith("list") ? "" : value;
      value = key.type().label().equals("ratio") ? "0.25" : value;
      other.put(TopicConfigs.brokerKey(key).name(), value);
    }
    EffectiveConfig.Builder broker = EffectiveConfig.builder(BROKER);
    other.forEach((name, value) -> broker.put(name, value, Origin.FILE, "m.conf:1"));
    EffectiveConfig topic = TopicConfigs.effective(Map.of(), broker.build(), NotUnderstood.SILENT);
    for (ConfigKey<?> key : TopicConfigs.SCHEMA.keys()) {
      assertThat(topic.setting(key).text())
          .as(key.name())
          .isEqualTo(other.get(TopicConfigs.brokerKey(key).name()));
      assertThat(topic.setting(key).origin()).as(key.name()).isEqualTo(Origin.FILE);
    }
  }

  @Test
  void aTopicsOwnValueWinsOverTheBrokers() {
    EffectiveConfig broker =
        EffectiveConfig.builder(BROKER)
            .flags("--set", List.of("log.flush.mode=commit", "log.retention.ms=1d"))
            .build();
    EffectiveConfig topic =
        TopicConfigs.effective(
            Map.of("flush.mode", "os", "message.timestamp.type", "logappendtime"),
            broker,
            NotUnderstood.SILENT);
    assertThat(topic.get(TopicConfigs.FLUSH_MODE)).isEqualTo(FlushMode.OS);
    assertThat(topic.setting(TopicConfigs.FLUSH_MODE).origin()).isEqualTo(Origin.TOPIC);
    assertThat(topic.get(TopicConfigs.MESSAGE_TIMESTAMP_TYPE))
        .isEqualTo(TimestampType.LOG_APPEND_TIME);
    assertThat(topic.get(TopicConfigs.RETENTION_MS)).isEqualTo(86_400_000L);
    assertThat(topic.setting(TopicConfigs.RETENTION_MS).origin()).isEqualTo(Origin.FLAG);
    assertThat(topic.setting(TopicConfigs.SEGMENT_MS).origin()).isEqualTo(Origin.DEFAULT);
  }

  @Test
  void writesValuesInTheirCanonicalForm() {
    assertThat(TopicConfigs.SCHEMA.canonical(Map.of("retention.ms", "7d")))
        .containsExactly(Map.entry("retention.ms", "604800000"));
  }

  @Test
  void refusesUnknownKeysAndValuesThatDoNotExistYet() {
    assertThatThrownBy(() -> TopicConfigs.SCHEMA.canonical(Map.of("retention.millis", "1")))
        .hasMessageContaining(
            "unknown topic configuration: retention.millis; did you mean retention.ms?");
    assertThatThrownBy(() -> TopicConfigs.SCHEMA.canonical(Map.of("cleanup.policy", "compress")))
        .hasMessageContaining("cleanup.policy: compress (expected: a list, separated by commas");
    assertThatThrownBy(
            () -> TopicConfigs.SCHEMA.canonical(Map.of("min.cleanable.dirty.ratio", "1.5")))
        .hasMessageContaining("min.cleanable.dirty.ratio: 1.5 (expected: a number from 0 to 1");
  }
}
