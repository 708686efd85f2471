package io.millrace.broker.rpc;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.Origin;
import io.millrace.common.config.ReplicationConfigs;
import io.millrace.common.config.Setting;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.ConfigsImage;
import io.millrace.proto.v1.Config;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.ConfigSynonym;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Values of settings as clients see them, each with those that it goes before. Stateless. */
final class ConfigViews {
  /** What can be set through the cluster. */
  static final ConfigSchema DYNAMIC =
      new ConfigSchema("setting of the cluster", ReplicationConfigs.dynamic());

  /** The leaders of a partition must go by the same one: a broker has none of its own. */
  private static final ConfigKey<?> NOT_OF_A_BROKER =
      TopicConfigs.brokerKey(TopicConfigs.MIN_INSYNC_REPLICAS);

  private ConfigViews() {}

  /** What a broker's file, environment and flags say. */
  static List<Config> ofFile(EffectiveConfig config) {
    List<Config> views = new ArrayList<>();
    config.settings().forEach(setting -> views.add(ofFile(setting)));
    return views;
  }

  private static Config ofFile(Setting<?> setting) {
    ConfigKey<?> key = setting.key();
    boolean settable = DYNAMIC.find(key.name()).isPresent() && key != NOT_OF_A_BROKER;
    Config.Builder view = described(key).setReadOnly(!settable);
    if (setting.origin() != Origin.DEFAULT) {
      add(view, key.name(), setting.text(), ConfigSource.CONFIG_SOURCE_BROKER);
      // A flag is its own place, with the value.
      view.getSynonymsBuilder(0).setPlace(key.sensitive() ? "" : setting.place());
    }
    return inForce(addDefault(view, key));
  }

  /** What a file says, and over it what is set through the cluster for the broker. */
  static List<Config> ofBroker(List<Config> file, ConfigsImage configs, int brokerId) {
    return file.stream()
        .map(
            view -> {
              Config.Builder all = view.toBuilder().clearSynonyms();
              add(all, configs.ofBroker(brokerId), ConfigSource.CONFIG_SOURCE_BROKER_DYNAMIC);
              add(all, configs.cluster(), ConfigSource.CONFIG_SOURCE_CLUSTER_DYNAMIC);
              return inForce(all.addAllSynonyms(view.getSynonymsList()));
            })
        .toList();
  }

  /** What is set through the cluster for all brokers. */
  static List<Config> ofCluster(ConfigsImage configs) {
    List<Config> views = new ArrayList<>();
    for (ConfigKey<?> key : DYNAMIC.keys()) {
      Config.Builder view = described(key);
      add(view, configs.cluster(), ConfigSource.CONFIG_SOURCE_CLUSTER_DYNAMIC);
      views.add(inForce(addDefault(view, key)));
    }
    return views;
  }

  /**
   * A topic's values.
   *
   * @param own those that it sets itself
   * @param broker the broker's values
   */
  static List<Config> ofTopic(Map<String, String> own, List<Config> broker) {
    Map<String, Config> byKey = byKey(broker);
    List<Config> views = new ArrayList<>();
    for (ConfigKey<?> key : TopicConfigs.SCHEMA.keys()) {
      Config inherited =
          Objects.requireNonNull(byKey.get(TopicConfigs.brokerKey(key).name()), key::name);
      Config.Builder view = described(key);
      add(view, own, ConfigSource.CONFIG_SOURCE_TOPIC);
      views.add(inForce(view.addAllSynonyms(inherited.getSynonymsList())));
    }
    return views;
  }

  /** The values by key. */
  static Map<String, Config> byKey(Collection<Config> views) {
    Map<String, Config> byKey = new HashMap<>();
    views.forEach(view -> byKey.put(view.getKey(), view));
    return byKey;
  }

  private static Config.Builder described(ConfigKey<?> key) {
    return Config.newBuilder()
        .setKey(key.name())
        .setSensitive(key.sensitive())
        .setType(key.type().label())
        .setBounds(key.bounds())
        .setDocumentation(key.doc());
  }

  private static void add(Config.Builder view, Map<String, String> set, ConfigSource source) {
    @Nullable String text = set.get(view.getKey());
    if (text != null) {
      add(view, view.getKey(), text, source);
    }
  }

  private static Config.Builder addDefault(Config.Builder view, ConfigKey<?> key) {
    add(view, key.name(), key.renderDefault(), ConfigSource.CONFIG_SOURCE_DEFAULT);
    return view;
  }

  private static void add(Config.Builder view, String key, String text, ConfigSource source) {
    ConfigSynonym.Builder synonym = ConfigSynonym.newBuilder().setKey(key).setSource(source);
    if (!view.getSensitive()) {
      synonym.setValue(text);
    }
    view.addSynonyms(synonym);
  }

  private static Config inForce(Config.Builder view) {
    ConfigSynonym first = view.getSynonyms(0);
    if (first.hasValue()) {
      view.setValue(first.getValue());
    }
    return view.setSource(first.getSource()).build();
  }
}
