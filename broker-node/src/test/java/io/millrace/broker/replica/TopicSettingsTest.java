package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.replica.ReplicaSettings.Housekeeping;
import io.millrace.broker.replica.ReplicaSettings.Threading;
import io.millrace.broker.rpc.LogLines;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.ConfigsImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.MetadataImage.ClusterImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;
import org.pcollections.TreePSet;
import org.pcollections.TreePVector;

/** Settings that a controller of another release has accepted. */
final class TopicSettingsTest {
  private final TopicSettings settings =
      new TopicSettings(
          new ReplicaSettings(
              TestBroker.ID,
              UUID.randomUUID(),
              TestBroker.BROKER_CONFIG,
              new Threading(1, 1, ShardLimits.DEFAULT),
              new Housekeeping(20, 20, 86_400_000, 64, 100),
              CleanerSettings.DEFAULT,
              30_000));

  @Test
  void aSettingOfTheClusterThatIsNotUnderstoodTakesNoOtherWithIt() {
    MetadataImage image =
        image(
            Map.of("log.color", "blue", "log.retention.ms", "5", "log.roll.ms", "soon"),
            Map.of("log.shade", "dark", "log.segment.bytes", "1MB"));
    try (LogLines log = new LogLines(IgnoredSettings.class)) {
      for (int i = 0; i < 3; i++) {
        PartitionConfig inForce = settings.defaults(image.withRevision(i));
        assertThat(inForce.topic().get(TopicConfigs.RETENTION_MS)).isEqualTo(5);
        assertThat(inForce.topic().get(TopicConfigs.SEGMENT_BYTES)).isEqualTo(1 << 20);
        assertThat(inForce.topic().get(TopicConfigs.SEGMENT_MS))
            .isEqualTo(TopicConfigs.SEGMENT_MS.defaultValue());
        settings.defaults(image(Map.of("log.color", "blue"), Map.of()));
      }
      assertThat(log.lines)
          .as("one line each")
          .hasSize(3)
          .allMatch(line -> line.startsWith("WARN"))
          .anyMatch(line -> line.contains("log.color"))
          .anyMatch(line -> line.contains("log.roll.ms"))
          .anyMatch(line -> line.contains("log.shade"));
    }
  }

  @Test
  void aSettingOfATopicThatIsNotUnderstoodTakesNoOtherWithIt() {
    TopicImage topic =
        new TopicImage(
            UUID.randomUUID(),
            "orders",
            TreePVector.empty(),
            TreePMap.from(Map.of("color", "blue", "retention.ms", "7", "flush.mode", "never")));
    try (LogLines log = new LogLines(IgnoredSettings.class)) {
      for (int i = 0; i < 3; i++) {
        PartitionConfig inForce =
            settings.of(image(Map.of("log.flush.mode", "commit"), Map.of()), topic);
        assertThat(inForce.topic().get(TopicConfigs.RETENTION_MS)).isEqualTo(7);
        assertThat(inForce.topic().setting(TopicConfigs.FLUSH_MODE).text()).isEqualTo("commit");
      }
      assertThat(log.lines)
          .as("one line each")
          .hasSize(2)
          .allMatch(line -> line.startsWith("WARN") && line.contains("orders"));
    }
  }

  private static MetadataImage image(Map<String, String> cluster, Map<String, String> broker) {
    MetadataImage none = MetadataImage.EMPTY;
    ConfigsImage configs =
        new ConfigsImage(
            TreePMap.from(cluster), TreePMap.singleton(TestBroker.ID, TreePMap.from(broker)));
    return new MetadataImage(
        1,
        none.controller(),
        new ClusterImage(1, configs, TreePSet.empty()),
        none.topics(),
        none.brokers(),
        none.counters(),
        none.requests());
  }
}
