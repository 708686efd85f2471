package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.metadata.TopicReadiness;
import io.millrace.broker.replica.BrokerDefaults;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.CreatePartitionsRequest;
import io.millrace.proto.v1.CreatePartitionsResponse;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.CreateTopicResponse;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.DeleteTopicResponse;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.GetTopicResponse;
import io.millrace.proto.v1.ListTopicsRequest;
import io.millrace.proto.v1.ListTopicsResponse;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.TopicServiceGrpc;
import io.millrace.proto.v1.UpdateTopicRequest;
import io.millrace.proto.v1.UpdateTopicResponse;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Administers topics: reads from the node's image, changes through the controller. Thread-safe. */
final class TopicEndpoint extends TopicServiceGrpc.TopicServiceImplBase {
  private final AdminCommands commands;
  private final TopicReadiness readiness;
  private final RecordDeletion deletion;
  private final BrokerDefaults defaults;
  private final Authorizer authorizer;

  /**
   * Makes the service.
   *
   * @param defaults the broker's settings: the defaults of topics
   */
  TopicEndpoint(
      AdminCommands commands,
      TopicReadiness readiness,
      RecordDeletion deletion,
      BrokerDefaults defaults,
      Authorizer authorizer) {
    this.commands = commands;
    this.readiness = readiness;
    this.deletion = deletion;
    this.defaults = defaults;
    this.authorizer = authorizer;
  }

  @Override
  public void createTopic(CreateTopicRequest request, StreamObserver<CreateTopicResponse> call) {
    authorize(Operation.CREATE, request.getName());
    requirePlace();
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Command command =
        new Command.CreateTopic(
            request.getName(),
            request.getPartitions(),
            request.getReplicationFactor(),
            request.getConfigsMap(),
            options);
    CompletableFuture<Topic> topic =
        options.validateOnly()
            ? carryOut(command)
                .thenApply(done -> TopicRequests.validated(request, defaults.in(image())))
            : carryOut(command).thenCompose(this::whenServing);
    Replies.when(
        call, topic.thenApply(view -> CreateTopicResponse.newBuilder().setTopic(view).build()));
  }

  @Override
  public void getTopic(GetTopicRequest request, StreamObserver<GetTopicResponse> call) {
    authorize(Operation.DESCRIBE, request.getName());
    Topic topic = view(request.getName());
    Replies.now(call, GetTopicResponse.newBuilder().setTopic(topic).build());
  }

  @Override
  public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> call) {
    authorize(Operation.DESCRIBE, "");
    Replies.now(call, TopicRequests.page(image(), request));
  }

  @Override
  public void updateTopic(UpdateTopicRequest request, StreamObserver<UpdateTopicResponse> call) {
    authorize(Operation.ALTER, request.getName());
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Command command =
        new Command.AlterTopicConfigs(
            request.getName(), TopicRequests.configChanges(request), options);
    Replies.when(
        call,
        carryOut(command)
            .thenApply(
                done -> {
                  Topic topic = view(request.getName());
                  return UpdateTopicResponse.newBuilder().setTopic(topic).build();
                }));
  }

  @Override
  public void deleteTopic(DeleteTopicRequest request, StreamObserver<DeleteTopicResponse> call) {
    authorize(Operation.DELETE, request.getName());
    Optional<UUID> expected =
        request.getTopicId().isEmpty()
            ? Optional.empty()
            : Optional.of(TopicIds.fromBytes(request.getTopicId()));
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Command command = new Command.DeleteTopic(request.getName(), expected, options);
    Replies.when(
        call,
        carryOut(command)
            .thenCompose(done -> whenGone(done, options))
            .thenApply(
                done -> {
                  DeleteTopicResponse.Builder answer = DeleteTopicResponse.newBuilder();
                  done.topicId().ifPresent(id -> answer.setTopicId(Uuids.toBytes(id)));
                  return answer.build();
                }));
  }

  @Override
  public void createPartitions(
      CreatePartitionsRequest request, StreamObserver<CreatePartitionsResponse> call) {
    authorize(Operation.ALTER, request.getName());
    InternalTopics.requireOrdinary(request.getName());
    requirePlace();
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Command command =
        new Command.CreatePartitions(request.getName(), request.getPartitions(), options);
    CompletableFuture<Topic> topic =
        options.validateOnly()
            ? carryOut(command).thenApply(done -> view(request.getName()))
            : carryOut(command).thenCompose(this::whenServing);
    Replies.when(
        call,
        topic.thenApply(view -> CreatePartitionsResponse.newBuilder().setTopic(view).build()));
  }

  @Override
  public void deleteRecords(
      DeleteRecordsRequest request, StreamObserver<DeleteRecordsResponse> call) {
    authorize(Operation.DELETE, request.getName());
    Replies.when(call, deletion.delete(require(image(), request.getName()), request));
  }

  /** Refuses what would make partitions while they could not be made here. */
  private void requirePlace() {
    readiness
        .refusal()
        .ifPresent(
            refusal -> {
              throw refusal.exception();
            });
  }

  private CompletableFuture<TopicResult> carryOut(Command command) {
    return commands.carryOut(command).thenApply(TopicEndpoint::expectTopic);
  }

  private static TopicResult expectTopic(CommandResult result) {
    if (result instanceof TopicResult topic) {
      return topic;
    }
    throw new IllegalStateException("result: " + result + " (expected: a topic)");
  }

  private CompletableFuture<Topic> whenServing(TopicResult result) {
    UUID id = result.topicId().orElseThrow();
    return readiness
        .whenServing(id, result.revision(), commands.timeoutMs())
        .thenApply(
            serving -> {
              MetadataImage image = image();
              return image
                  .topic(id)
                  .map(topic -> TopicViews.full(image, topic, defaults.in(image)))
                  .orElseThrow(() -> gone(id));
            });
  }

  /** Nobody who has seen the answer finds the topic here any more. */
  private CompletableFuture<TopicResult> whenGone(TopicResult result, RequestOptions options) {
    if (options.validateOnly()) {
      return CompletableFuture.completedFuture(result);
    }
    return readiness
        .whenServing(result.topicId().orElseThrow(), result.revision(), commands.timeoutMs())
        .thenApply(gone -> result);
  }

  private static MillraceException gone(UUID id) {
    return new MillraceError(
            ErrorCode.UNKNOWN_TOPIC_ID, "the topic of id " + id + " has been deleted meanwhile")
        .exception();
  }

  private Topic view(String name) {
    MetadataImage image = image();
    return TopicViews.full(image, require(image, name), defaults.in(image));
  }

  private MetadataImage image() {
    return commands.quorum().image();
  }

  private static TopicImage require(MetadataImage image, String name) {
    return image.topic(name).orElseThrow(() -> TopicViews.unknownTopic(name).exception());
  }

  private void authorize(Operation operation, String topic) {
    authorizer.check(RequestContext.current(), operation, topic);
  }
}
