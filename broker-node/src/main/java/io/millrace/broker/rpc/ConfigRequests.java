package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.config.ConfigSchema;
import io.millrace.metadata.controller.ClusterCommand;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.proto.v1.Config;
import io.millrace.proto.v1.ConfigResource;
import io.millrace.proto.v1.ConfigSource;
import io.millrace.proto.v1.ListConfigsRequest;
import io.millrace.proto.v1.ListConfigsResponse;
import io.millrace.proto.v1.UpdateConfigsRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the requests about settings. Stateless. */
final class ConfigRequests {
  private static final int MAX_KEYS = 1_000;

  private ConfigRequests() {}

  /** One page of values by key. The token is the last key of the page before. */
  static ListConfigsResponse page(ListConfigsRequest request, List<Config> all) {
    int size = Pages.size(request.getPageSize());
    String after = Pages.last(request.getPageToken());
    List<Config> left =
        all.stream()
            .filter(view -> view.getKey().compareTo(after) > 0)
            .filter(
                view ->
                    !request.getOnlyChanged()
                        || view.getSource() != ConfigSource.CONFIG_SOURCE_DEFAULT)
            .sorted(Comparator.comparing(Config::getKey))
            .toList();
    ListConfigsResponse.Builder page = ListConfigsResponse.newBuilder();
    if (left.size() <= size) {
      return page.addAllConfigs(left).build();
    }
    return page.addAllConfigs(left.subList(0, size))
        .setNextPageToken(Pages.token(left.get(size - 1).getKey()))
        .build();
  }

  /**
   * Checks the keys of a request before anything is looked up.
   *
   * @throws MillraceException if there are none, or too many
   */
  static void requireKeys(List<String> keys) {
    if (keys.isEmpty() || keys.size() > MAX_KEYS) {
      throw Requests.invalid("keys: " + keys.size() + " (expected: 1 to " + MAX_KEYS + ")");
    }
  }

  /**
   * The values of some keys.
   *
   * @param schema the keys that are known here: for the name that was meant
   */
  static List<Config> chosen(List<String> keys, List<Config> all, ConfigSchema schema) {
    Map<String, Config> byKey = ConfigViews.byKey(all);
    List<Config> chosen = new ArrayList<>();
    for (String key : keys) {
      Config found = byKey.get(key);
      if (found == null) {
        schema.require(key);
        throw new MillraceError(
                ErrorCode.INVALID_CONFIG,
                "the broker does not know the setting " + key,
                Map.of("key", key))
            .exception();
      }
      chosen.add(found);
    }
    return chosen;
  }

  /**
   * The command that an update asks for.
   *
   * @param broker the settings of a broker: those that can't be set through the cluster are told
   *     from unknown ones
   */
  static Command command(UpdateConfigsRequest request, ConfigSchema broker) {
    Map<String, Optional<String>> changes = changes(request);
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    ConfigResource resource = request.getResource();
    return switch (resource.getResourceCase()) {
      case TOPIC -> new Command.AlterTopicConfigs(resource.getTopic(), changes, options);
      case BROKER_ID -> {
        changes.keySet().forEach(key -> requireDynamic(key, broker));
        yield new ClusterCommand.AlterBrokerConfigs(resource.getBrokerId(), changes, options);
      }
      case CLUSTER -> {
        changes.keySet().forEach(key -> requireDynamic(key, broker));
        yield new ClusterCommand.AlterClusterConfigs(changes, options);
      }
      case RESOURCE_NOT_SET -> throw noResource();
    };
  }

  static MillraceException noResource() {
    return Requests.invalid("resource: none (expected: a topic, a broker_id or the cluster)");
  }

  private static Map<String, Optional<String>> changes(UpdateConfigsRequest request) {
    Map<String, Optional<String>> changes = new HashMap<>();
    request.getSetMap().forEach((key, value) -> changes.put(key, Optional.of(value)));
    for (String key : request.getResetList()) {
      if (request.containsSet(key)) {
        throw Requests.invalid("reset: " + key + ", which is in set too (expected: in one)");
      }
      changes.put(key, Optional.empty());
    }
    if (changes.isEmpty() || changes.size() > MAX_KEYS) {
      throw Requests.invalid(
          "set and reset: " + changes.size() + " keys (expected: 1 to " + MAX_KEYS + ")");
    }
    return changes;
  }

  private static void requireDynamic(String key, ConfigSchema broker) {
    broker.require(key);
    if (ConfigViews.DYNAMIC.find(key).isEmpty()) {
      throw new MillraceError(
              ErrorCode.INVALID_CONFIG,
              key
                  + " is read-only (expected: one of the defaults of topics, or a rate of replication;"
                  + " this one stands in the broker's file, and takes effect at the broker's start)",
              Map.of("key", key, "read_only", "true"))
          .exception();
    }
  }
}
