package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.replica.BrokerDefaults;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.ConfigsImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.Config;
import io.millrace.proto.v1.ConfigResource;
import io.millrace.proto.v1.ConfigServiceGrpc;
import io.millrace.proto.v1.GetConfigsRequest;
import io.millrace.proto.v1.GetConfigsResponse;
import io.millrace.proto.v1.ListConfigsRequest;
import io.millrace.proto.v1.ListConfigsResponse;
import io.millrace.proto.v1.UpdateConfigsRequest;
import io.millrace.proto.v1.UpdateConfigsResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Tells and changes settings: what the cluster knows from the node's image, what only another
 * broker knows from that one, changes through the controller. Thread-safe.
 */
final class ConfigEndpoint extends ConfigServiceGrpc.ConfigServiceImplBase {
  private final BrokerDefaults broker;
  private final List<Config> ownFile;
  private final AdminCommands commands;
  private final RemoteBrokers others;
  private final Authorizer authorizer;

  ConfigEndpoint(
      BrokerDefaults broker, AdminCommands commands, RemoteBrokers others, Authorizer authorizer) {
    this.broker = broker;
    this.ownFile = ConfigViews.ofFile(broker.own());
    this.commands = commands;
    this.others = others;
    this.authorizer = authorizer;
  }

  @Override
  public void listConfigs(ListConfigsRequest request, StreamObserver<ListConfigsResponse> call) {
    authorize(Operation.DESCRIBE, request.getResource());
    Replies.when(
        call, values(request.getResource()).thenApply(all -> ConfigRequests.page(request, all)));
  }

  @Override
  public void getConfigs(GetConfigsRequest request, StreamObserver<GetConfigsResponse> call) {
    authorize(Operation.DESCRIBE, request.getResource());
    ConfigRequests.requireKeys(request.getKeysList());
    ConfigSchema schema = schema(request.getResource());
    Replies.when(
        call,
        values(request.getResource())
            .thenApply(all -> ConfigRequests.chosen(request.getKeysList(), all, schema))
            .thenApply(chosen -> GetConfigsResponse.newBuilder().addAllConfigs(chosen).build()));
  }

  @Override
  public void updateConfigs(
      UpdateConfigsRequest request, StreamObserver<UpdateConfigsResponse> call) {
    authorize(Operation.ALTER, request.getResource());
    Replies.when(
        call,
        commands
            .carryOut(ConfigRequests.command(request, broker.own().schema()))
            .thenApply(
                done -> UpdateConfigsResponse.newBuilder().setRevision(done.revision()).build()));
  }

  private void authorize(Operation operation, ConfigResource resource) {
    authorizer.check(RequestContext.current(), operation, resource.getTopic());
  }

  private ConfigSchema schema(ConfigResource resource) {
    return switch (resource.getResourceCase()) {
      case TOPIC -> TopicConfigs.SCHEMA;
      case BROKER_ID -> broker.own().schema();
      case CLUSTER -> ConfigViews.DYNAMIC;
      case RESOURCE_NOT_SET -> throw ConfigRequests.noResource();
    };
  }

  private CompletableFuture<List<Config>> values(ConfigResource resource) {
    MetadataImage image = commands.quorum().image();
    return switch (resource.getResourceCase()) {
      case TOPIC -> {
        String name = resource.getTopic();
        TopicImage topic =
            image.topic(name).orElseThrow(() -> TopicViews.unknownTopic(name).exception());
        List<Config> here = ConfigViews.ofBroker(ownFile, image.configs(), broker.brokerId());
        yield CompletableFuture.completedFuture(ConfigViews.ofTopic(topic.configs(), here));
      }
      case BROKER_ID -> {
        BrokerImage asked = Requests.broker(image, resource.getBrokerId());
        ConfigsImage configs = image.configs();
        yield file(asked).thenApply(file -> ConfigViews.ofBroker(file, configs, asked.id()));
      }
      case CLUSTER -> CompletableFuture.completedFuture(ConfigViews.ofCluster(image.configs()));
      case RESOURCE_NOT_SET -> throw ConfigRequests.noResource();
    };
  }

  private CompletableFuture<List<Config>> file(BrokerImage asked) {
    return asked.id() == broker.brokerId()
        ? CompletableFuture.completedFuture(ownFile)
        : others.configs(asked, commands.timeout());
  }
}
