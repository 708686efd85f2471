package io.millrace.it.simulation;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The settings of partitions, as the topics' own say. Confined to the simulation's thread. */
final class TopicConfigurations {
  private static final int PRODUCER_BATCHES = 8;
  private static final EffectiveConfig BROKER =
      EffectiveConfig.builder(
              new ConfigSchema("setting of a broker", List.of(TopicConfigs.brokerDefaults())))
          .build();

  private final Map<Map<String, String>, PartitionConfig> known = new HashMap<>();

  /** The settings of a partition; of one that the image does not know, the defaults. */
  PartitionConfig of(MetadataImage image, TopicIdPartition id) {
    Map<String, String> own =
        image
            .topic(id.topicId())
            .map(TopicImage::configs)
            .<Map<String, String>>map(configs -> configs)
            .orElse(Map.of());
    return known.computeIfAbsent(own, TopicConfigurations::make);
  }

  private static PartitionConfig make(Map<String, String> own) {
    EffectiveConfig topic = TopicConfigs.effective(own, BROKER, NotUnderstood.SILENT);
    return PartitionConfig.of(
        topic, LogConfig.from(topic, LogConfig.DEFAULT.producerIdExpirationMs(), PRODUCER_BATCHES));
  }
}
