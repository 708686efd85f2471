package io.millrace.broker.replica;

import io.millrace.broker.log.LogConfig;
import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a topic's settings in force from its own and the broker's. Immutable. */
final class TopicSettings {
  private static final Logger LOG = LoggerFactory.getLogger(TopicSettings.class);

  private final ReplicaSettings settings;

  TopicSettings(ReplicaSettings settings) {
    this.settings = settings;
  }

  /** The settings of a topic. */
  PartitionConfig of(TopicImage topic) {
    try {
      return of(TopicConfigs.effective(topic.configs(), settings.brokerConfig()));
    } catch (MillraceException e) {
      // The controller has checked it; another release may have.
      LOG.error("[{}] configuration is not understood, the broker's holds", topic.name(), e);
      return defaults();
    }
  }

  /** The settings where a topic sets nothing. */
  PartitionConfig defaults() {
    return of(TopicConfigs.effective(Map.of(), settings.brokerConfig()));
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
