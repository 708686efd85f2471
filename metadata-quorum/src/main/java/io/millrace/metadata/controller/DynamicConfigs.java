package io.millrace.metadata.controller;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.controller.ControllerSettings.TopicDefaults;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The values in force of what the controller itself goes by: a topic's own, else the broker's or
 * the cluster's dynamic ones, else what this controller's file says.
 */
final class DynamicConfigs {
  private static final ConfigKey<Integer> MIN_INSYNC_REPLICAS =
      TopicConfigs.brokerKey(TopicConfigs.MIN_INSYNC_REPLICAS);
  private static final ConfigKey<Boolean> UNCLEAN_LEADER_ELECTION =
      TopicConfigs.brokerKey(TopicConfigs.UNCLEAN_LEADER_ELECTION_ENABLE);

  private final TopicDefaults defaults;

  DynamicConfigs(TopicDefaults defaults) {
    this.defaults = defaults;
  }

  /** min.insync.replicas of a topic. */
  int minInsyncReplicas(MetadataImage image, TopicImage topic) {
    return minInsyncReplicas(image, topic.configs());
  }

  /** min.insync.replicas of a topic with such a configuration of its own. */
  int minInsyncReplicas(MetadataImage image, Map<String, String> own) {
    return find(TopicConfigs.MIN_INSYNC_REPLICAS, own)
        .or(() -> find(MIN_INSYNC_REPLICAS, image.configs().cluster()))
        .orElse(defaults.minInsyncReplicas());
  }

  /** unclean.leader.election.enable of a topic, when a broker is the one to be elected. */
  boolean uncleanLeaderElection(MetadataImage image, TopicImage topic, int broker) {
    return find(TopicConfigs.UNCLEAN_LEADER_ELECTION_ENABLE, topic.configs())
        .or(() -> find(UNCLEAN_LEADER_ELECTION, image.configs().ofBroker(broker)))
        .or(() -> find(UNCLEAN_LEADER_ELECTION, image.configs().cluster()))
        .orElse(defaults.uncleanLeaderElection());
  }

  private static <T> Optional<T> find(ConfigKey<T> key, Map<String, String> configs) {
    @Nullable String text = configs.get(key.name());
    return text == null ? Optional.empty() : Optional.of(key.parse(text));
  }
}
