package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.GroupQuery;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.CommitOffsetsRequest;
import io.millrace.proto.v1.CommitOffsetsResponse;
import io.millrace.proto.v1.DeleteOffsetsRequest;
import io.millrace.proto.v1.DeleteOffsetsResponse;
import io.millrace.proto.v1.GetOffsetsRequest;
import io.millrace.proto.v1.GetOffsetsResponse;
import io.millrace.proto.v1.OffsetServiceGrpc;
import java.util.List;
import java.util.Optional;

/** The committed offsets of groups. Thread-safe. */
final class OffsetEndpoint extends OffsetServiceGrpc.OffsetServiceImplBase {
  private final GroupCalls calls;
  private final Authorizer authorizer;

  OffsetEndpoint(GroupCalls calls, Authorizer authorizer) {
    this.calls = calls;
    this.authorizer = authorizer;
  }

  @Override
  public void commitOffsets(
      CommitOffsetsRequest request, StreamObserver<CommitOffsetsResponse> call) {
    authorize(Operation.READ);
    GroupCommand command = GroupRequests.commit(request);
    Replies.when(
        call,
        ByteBudgets.KEY
            .get()
            .whileUnanswered(
                request.getSerializedSize(),
                () ->
                    calls
                        .carryOut(command, GroupAnswer.PartitionResults.class)
                        .thenApply(
                            done ->
                                CommitOffsetsResponse.newBuilder()
                                    .addAllTopics(GroupViews.results(done))
                                    .build())));
  }

  @Override
  public void getOffsets(GetOffsetsRequest request, StreamObserver<GetOffsetsResponse> call) {
    authorize(Operation.DESCRIBE);
    String groupId = GroupIds.require(request.getGroupId());
    Optional<List<TopicIdPartition>> partitions =
        request.getTopicsCount() == 0
            ? Optional.empty()
            : Optional.of(List.copyOf(GroupRequests.partitions("topics", request.getTopicsList())));
    Replies.when(
        call,
        calls
            .ask(groupId, new GroupQuery.GetOffsets(groupId, partitions), GroupAnswer.Offsets.class)
            .thenApply(
                offsets ->
                    GetOffsetsResponse.newBuilder()
                        .addAllTopics(GroupViews.offsets(offsets))
                        .build()));
  }

  @Override
  public void deleteOffsets(
      DeleteOffsetsRequest request, StreamObserver<DeleteOffsetsResponse> call) {
    authorize(Operation.DELETE);
    GroupCommand command =
        new GroupCommand.DeleteOffsets(
            GroupIds.require(request.getGroupId()),
            List.copyOf(GroupRequests.partitions("topics", request.getTopicsList())));
    Replies.when(
        call,
        ByteBudgets.KEY
            .get()
            .whileUnanswered(
                request.getSerializedSize(),
                () ->
                    calls
                        .carryOut(command, GroupAnswer.PartitionResults.class)
                        .thenApply(
                            done ->
                                DeleteOffsetsResponse.newBuilder()
                                    .addAllTopics(GroupViews.results(done))
                                    .build())));
  }

  private void authorize(Operation operation) {
    authorizer.check(RequestContext.current(), operation, "");
  }
}
