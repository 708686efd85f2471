package io.millrace.broker.replica;

import io.millrace.broker.log.LogConfig;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;

/** Makes a topic's settings in force from its own and the broker's. Thread-safe. */
final class TopicSettings {
  private final ReplicaSettings settings;
  private final IgnoredSettings ignored;
  private final BrokerDefaults broker;

  TopicSettings(ReplicaSettings settings) {
    this.settings = settings;
    this.ignored = new IgnoredSettings(settings.brokerId());
    this.broker =
        new BrokerDefaults(
            settings.brokerId(), settings.brokerConfig(), ignored.of("the cluster's settings"));
  }

  /** The settings of a topic. */
  PartitionConfig of(MetadataImage image, TopicImage topic) {
    return of(
        TopicConfigs.effective(
            topic.configs(), broker.in(image), ignored.of("topic " + topic.name())));
  }

  /** The settings where a topic sets nothing. */
  PartitionConfig defaults(MetadataImage image) {
    return of(TopicConfigs.effective(Map.of(), broker.in(image), NotUnderstood.SILENT));
  }

  private PartitionConfig of(EffectiveConfig topic) {
    LogConfig log =
        LogConfig.from(
            topic,
            settings.housekeeping().producerIdExpirationMs(),
            settings.housekeeping().producerBatches());
    return PartitionConfig.of(topic, log);
  }
}
