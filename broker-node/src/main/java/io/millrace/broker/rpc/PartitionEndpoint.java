package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.AlterReassignmentsRequest;
import io.millrace.proto.v1.AlterReassignmentsResponse;
import io.millrace.proto.v1.ElectLeadersRequest;
import io.millrace.proto.v1.ElectLeadersResponse;
import io.millrace.proto.v1.ListPartitionsRequest;
import io.millrace.proto.v1.ListPartitionsResponse;
import io.millrace.proto.v1.ListReassignmentsRequest;
import io.millrace.proto.v1.ListReassignmentsResponse;
import io.millrace.proto.v1.PartitionServiceGrpc;
import java.util.concurrent.Executor;

/**
 * Elects leaders and moves replicas through the controller; tells what is under way from the node's
 * image, and how far replicas are from their brokers. Thread-safe.
 */
final class PartitionEndpoint extends PartitionServiceGrpc.PartitionServiceImplBase {
  private final AdminCommands commands;
  private final ReplicaStates replicas;
  private final Executor threads;
  private final Authorizer authorizer;

  /**
   * Makes the service.
   *
   * @param replicas tells how far replicas are
   * @param threads for looking through many partitions
   */
  PartitionEndpoint(
      AdminCommands commands, ReplicaStates replicas, Executor threads, Authorizer authorizer) {
    this.commands = commands;
    this.replicas = replicas;
    this.threads = threads;
    this.authorizer = authorizer;
  }

  @Override
  public void listPartitions(
      ListPartitionsRequest request, StreamObserver<ListPartitionsResponse> call) {
    authorize(Operation.DESCRIBE, request.getTopic());
    MetadataImage image = image();
    TopicImage topic = PartitionRequests.topic(image, request.getTopic());
    Replies.when(call, replicas.page(image, topic, request, commands.timeout()));
  }

  @Override
  public void electLeaders(ElectLeadersRequest request, StreamObserver<ElectLeadersResponse> call) {
    if (request.getAllTopics()) {
      authorize(Operation.ALTER, "");
    }
    request.getTopicsList().forEach(each -> authorize(Operation.ALTER, each.getTopic()));
    MetadataImage before = image();
    ElectLeaders command = PartitionRequests.command(request, before);
    Replies.when(
        call,
        commands
            .carryOut(command)
            .thenApplyAsync(done -> ElectionResults.of(command, before, image()), threads));
  }

  @Override
  public void alterReassignments(
      AlterReassignmentsRequest request, StreamObserver<AlterReassignmentsResponse> call) {
    request.getReassignmentsList().forEach(each -> authorize(Operation.ALTER, each.getTopic()));
    AlterReassignments command = PartitionRequests.command(request);
    Replies.when(
        call,
        commands
            .carryOut(command)
            .thenApplyAsync(done -> ReassignmentViews.of(command, image()), threads));
  }

  @Override
  public void listReassignments(
      ListReassignmentsRequest request, StreamObserver<ListReassignmentsResponse> call) {
    authorize(Operation.DESCRIBE, request.getTopic());
    Replies.now(call, ReassignmentViews.page(image(), request));
  }

  private MetadataImage image() {
    return commands.quorum().image();
  }

  private void authorize(Operation operation, String topic) {
    authorizer.check(RequestContext.current(), operation, topic);
  }
}
