package io.millrace.client.internal;

import io.millrace.client.api.ConfigDescription;
import io.millrace.client.api.ConfigResource;
import io.millrace.proto.v1.Config;
import io.millrace.proto.v1.ConfigServiceGrpc;
import io.millrace.proto.v1.ConfigServiceGrpc.ConfigServiceBlockingStub;
import io.millrace.proto.v1.ConfigSynonym;
import io.millrace.proto.v1.GetConfigsRequest;
import io.millrace.proto.v1.ListConfigsRequest;
import io.millrace.proto.v1.ListConfigsResponse;
import io.millrace.proto.v1.UpdateConfigsRequest;
import io.millrace.proto.v1.WholeCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The calls about settings. Thread-safe. */
final class ConfigCalls {
  private static final int PAGE_SIZE = 1_000;

  private final ClusterClient cluster;

  ConfigCalls(ClusterClient cluster) {
    this.cluster = cluster;
  }

  List<ConfigDescription> list(ConfigResource of) {
    List<ConfigDescription> all = new ArrayList<>();
    String token = "";
    do {
      ListConfigsRequest request =
          ListConfigsRequest.newBuilder()
              .setResource(toProto(of))
              .setPageSize(PAGE_SIZE)
              .setPageToken(token)
              .build();
      ListConfigsResponse page = call(stub -> stub.listConfigs(request));
      page.getConfigsList().forEach(config -> all.add(description(config)));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  List<ConfigDescription> get(ConfigResource of, List<String> keys) {
    GetConfigsRequest request =
        GetConfigsRequest.newBuilder().setResource(toProto(of)).addAllKeys(keys).build();
    return call(stub -> stub.getConfigs(request)).getConfigsList().stream()
        .map(ConfigCalls::description)
        .toList();
  }

  void alter(ConfigResource of, Map<String, String> set, Set<String> reset, boolean validateOnly) {
    UpdateConfigsRequest request =
        UpdateConfigsRequest.newBuilder()
            .setResource(toProto(of))
            .putAllSet(set)
            .addAllReset(reset)
            .setValidateOnly(validateOnly)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    call(stub -> stub.updateConfigs(request));
  }

  private <T> T call(Function<ConfigServiceBlockingStub, T> call) {
    return cluster.callAny(
        (channel, left) ->
            call.apply(
                ConfigServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)));
  }

  private static io.millrace.proto.v1.ConfigResource toProto(ConfigResource of) {
    io.millrace.proto.v1.ConfigResource.Builder resource =
        io.millrace.proto.v1.ConfigResource.newBuilder();
    if (of instanceof ConfigResource.Topic topic) {
      resource.setTopic(topic.name());
    } else if (of instanceof ConfigResource.Broker broker) {
      resource.setBrokerId(broker.nodeId());
    } else {
      resource.setCluster(WholeCluster.getDefaultInstance());
    }
    return resource.build();
  }

  private static ConfigDescription description(Config config) {
    return new ConfigDescription(
        config.getKey(),
        config.hasValue() ? Optional.of(config.getValue()) : Optional.empty(),
        Descriptions.source(config.getSource()),
        config.getReadOnly(),
        config.getSensitive(),
        new ConfigDescription.Meaning(
            config.getType(), config.getBounds(), config.getDocumentation()),
        config.getSynonymsList().stream().map(ConfigCalls::synonym).toList());
  }

  private static ConfigDescription.Synonym synonym(ConfigSynonym synonym) {
    return new ConfigDescription.Synonym(
        synonym.getKey(),
        synonym.hasValue() ? Optional.of(synonym.getValue()) : Optional.empty(),
        Descriptions.source(synonym.getSource()),
        synonym.getPlace());
  }
}
