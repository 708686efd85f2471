package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.GroupQuery;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.proto.v1.DeleteGroupRequest;
import io.millrace.proto.v1.DeleteGroupResponse;
import io.millrace.proto.v1.GetGroupRequest;
import io.millrace.proto.v1.GetGroupResponse;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.JoinGroupRequest;
import io.millrace.proto.v1.JoinGroupResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.LeaveGroupResponse;
import io.millrace.proto.v1.ListGroupsRequest;
import io.millrace.proto.v1.ListGroupsResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Groups and their members. Thread-safe. */
final class GroupEndpoint extends GroupServiceGrpc.GroupServiceImplBase {
  private static final int MAX_PAGE = 1_000;

  private final int nodeId;
  private final GroupCalls calls;
  private final JoinGroupSession.Deps sessions;
  private final Authorizer authorizer;

  /**
   * Makes it.
   *
   * @param sessions what members' streams have in common
   */
  GroupEndpoint(
      int nodeId, GroupCalls calls, JoinGroupSession.Deps sessions, Authorizer authorizer) {
    this.nodeId = nodeId;
    this.calls = calls;
    this.sessions = sessions;
    this.authorizer = authorizer;
  }

  @Override
  public StreamObserver<JoinGroupRequest> joinGroup(StreamObserver<JoinGroupResponse> call) {
    authorize(Operation.READ);
    return new JoinGroupSession(
            sessions,
            RequestContext.current().clientAddress(),
            (ServerCallStreamObserver<JoinGroupResponse>) call)
        .start();
  }

  @Override
  public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> call) {
    authorize(Operation.READ);
    GroupCommand command =
        GroupRequests.heartbeat(
            request, RequestContext.current().clientAddress(), Optional.empty());
    Replies.when(
        call,
        ByteBudgets.KEY
            .get()
            .whileUnanswered(
                request.getSerializedSize(),
                () ->
                    calls
                        .carryOut(command, GroupAnswer.MemberState.class)
                        .thenApply(GroupViews::state)));
  }

  @Override
  public void leaveGroup(LeaveGroupRequest request, StreamObserver<LeaveGroupResponse> call) {
    authorize(Operation.READ);
    Replies.when(
        call,
        calls
            .carryOut(GroupRequests.leave(request), GroupAnswer.Done.class)
            .thenApply(done -> LeaveGroupResponse.getDefaultInstance()));
  }

  @Override
  public void listGroups(ListGroupsRequest request, StreamObserver<ListGroupsResponse> call) {
    authorize(Operation.DESCRIBE);
    int asked = Requests.notNegative("page_size", request.getPageSize());
    int size = asked == 0 ? MAX_PAGE : Math.min(asked, MAX_PAGE);
    GroupQuery query = new GroupQuery.ListGroups(Pages.last(request.getPageToken()), size);
    CompletableFuture<List<GroupAnswer.Groups>> parts =
        calls.askAll(query, GroupAnswer.Groups.class);
    Replies.when(call, parts.thenApply(all -> page(all, size)));
  }

  private static ListGroupsResponse page(List<GroupAnswer.Groups> parts, int size) {
    List<GroupAnswer.GroupSummary> all =
        parts.stream()
            .flatMap(part -> part.groups().stream())
            .sorted(Comparator.comparing(GroupAnswer.GroupSummary::groupId))
            .toList();
    ListGroupsResponse.Builder page = ListGroupsResponse.newBuilder();
    all.stream().limit(size).map(GroupViews::summary).forEach(page::addGroups);
    if (all.size() > size || parts.stream().anyMatch(GroupAnswer.Groups::more)) {
      page.setNextPageToken(Pages.token(page.getGroups(page.getGroupsCount() - 1).getGroupId()));
    }
    return page.build();
  }

  @Override
  public void getGroup(GetGroupRequest request, StreamObserver<GetGroupResponse> call) {
    authorize(Operation.DESCRIBE);
    String groupId = GroupIds.require(request.getGroupId());
    Replies.when(
        call,
        calls
            .ask(groupId, new GroupQuery.GetGroup(groupId), GroupAnswer.Description.class)
            .thenApply(
                group ->
                    GetGroupResponse.newBuilder()
                        .setGroup(GroupViews.group(group, nodeId))
                        .build()));
  }

  @Override
  public void deleteGroup(DeleteGroupRequest request, StreamObserver<DeleteGroupResponse> call) {
    authorize(Operation.DELETE);
    GroupCommand command = new GroupCommand.DeleteGroup(GroupIds.require(request.getGroupId()));
    Replies.when(
        call,
        calls
            .carryOut(command, GroupAnswer.Done.class)
            .thenApply(done -> DeleteGroupResponse.getDefaultInstance()));
  }

  private void authorize(Operation operation) {
    authorizer.check(RequestContext.current(), operation, "");
  }
}
