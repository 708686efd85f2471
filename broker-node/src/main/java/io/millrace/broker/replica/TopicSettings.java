package io.millrace.broker.replica;

import io.millrace.broker.log.LogConfig;
import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a topic's settings in force from its own and the broker's. Thread-safe. */
final class TopicSettings {
  private static final Logger LOG = LoggerFactory.getLogger(TopicSettings.class);

  private final ReplicaSettings settings;
  private final BrokerDefaults broker;

  TopicSettings(ReplicaSettings settings) {
    this.settings = settings;
    this.broker = new BrokerDefaults(settings.brokerId(), settings.brokerConfig());
  }

  /** The settings of a topic. */
  PartitionConfig of(MetadataImage image, TopicImage topic) {
    try {
      return of(TopicConfigs.effective(topic.configs(), broker.in(image)));
    } catch (MillraceException e) {
      // The controller has checked it; another release may have.
      LOG.error("[{}] configuration is not understood, the broker's holds", topic.name(), e);
      return defaults(image);
    }
  }

  /** The settings where a topic sets nothing. */
  PartitionConfig defaults(MetadataImage image) {
    return of(TopicConfigs.effective(Map.of(), broker.in(image)));
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
