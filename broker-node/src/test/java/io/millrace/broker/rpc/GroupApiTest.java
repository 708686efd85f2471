package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import io.millrace.proto.v1.DeleteGroupRequest;
import io.millrace.proto.v1.DeleteOffsetsRequest;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.GetGroupRequest;
import io.millrace.proto.v1.GetOffsetsRequest;
import io.millrace.proto.v1.GetOffsetsResponse;
import io.millrace.proto.v1.Group;
import io.millrace.proto.v1.GroupState;
import io.millrace.proto.v1.GroupSummary;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.ListGroupsRequest;
import io.millrace.proto.v1.ListGroupsResponse;
import io.millrace.proto.v1.OwnedPartitions;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.Subscription;
import io.millrace.proto.v1.TopicIdPartitions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups and their offsets as clients meet them. */
class GroupApiTest {
  @TempDir static Path data;

  private static TestNode node;
  private static Api api;
  private static GroupApi groups;
  private static ByteString orders;

  @BeforeAll
  static void start() {
    node =
        TestNode.start(
            data,
            new RealFileStore(),
            builder -> builder.flags("test", List.of("group.min.session.timeout.ms=100")));
    api = new Api(node.channel());
    groups = new GroupApi(node.channel());
    orders = api.topic("orders", 4, Map.of());
    groups.awaitCoordinator("any");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  // ---- offsets

  @Test
  void whatWasCommittedIsFoundAgain() {
    PartitionOffset committed =
        PartitionOffset.newBuilder()
            .setPartition(2)
            .setOffset(17)
            .setLeaderEpoch(3)
            .setMetadata("märz")
            .build();
    assertThat(groups.commit("found", orders, committed)).isEmpty();
    GetOffsetsResponse all =
        groups.offsets.getOffsets(GetOffsetsRequest.newBuilder().setGroupId("found").build());
    assertThat(all.getTopics(0).getTopicId()).isEqualTo(orders);
    assertThat(all.getTopics(0).getPartitionsList())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getCommitted()).isEqualTo(committed);
              assertThat(each.getCommitTimeMs()).isPositive();
            });
  }

  @Test
  void askedForPartitionsWithoutACommitAreThereWithoutAnOffset() {
    groups.commit("some", orders, GroupApi.at(1, 5));
    GetOffsetsResponse some =
        groups.offsets.getOffsets(
            GetOffsetsRequest.newBuilder()
                .setGroupId("some")
                .addTopics(GroupApi.partitions(orders, 3, 1))
                .build());
    assertThat(some.getTopics(0).getPartitionsList())
        .extracting(each -> each.getPartition() + "=" + each.getCommitted().getOffset())
        .containsExactly("3=0", "1=5");
    assertThat(some.getTopics(0).getPartitions(0).hasCommitted()).isFalse();
    assertThat(
            groups
                .offsets
                .getOffsets(GetOffsetsRequest.newBuilder().setGroupId("unheard of").build())
                .getTopicsList())
        .isEmpty();
  }

  @Test
  void offsetsOfTopicsThatDoNotExistAreRefusedOneByOne() {
    ByteString gone = api.topic("gone-soon");
    assertThat(groups.commit("deleted", gone, GroupApi.at(0, 1))).isEmpty();
    api.topics.deleteTopic(DeleteTopicRequest.newBuilder().setName("gone-soon").build());
    await()
        .untilAsserted(
            () ->
                assertThat(groups.commit("deleted", gone, GroupApi.at(0, 2)))
                    .containsExactly("UNKNOWN_TOPIC_ID"));
    assertThat(groups.commit("deleted", orders, GroupApi.at(0, 1), GroupApi.at(9, 1)))
        .containsExactly("UNKNOWN_PARTITION");
    GetOffsetsResponse all =
        groups.offsets.getOffsets(GetOffsetsRequest.newBuilder().setGroupId("deleted").build());
    assertThat(all.getTopicsList())
        .singleElement()
        .matches(topic -> topic.getTopicId().equals(orders));
  }

  @Test
  void metadataThatAreTooLongAreRefused() {
    PartitionOffset long4097 = GroupApi.at(0, 1).toBuilder().setMetadata("m".repeat(4_097)).build();
    assertThat(groups.commit("long", orders, long4097))
        .containsExactly("OFFSET_METADATA_TOO_LARGE");
  }

  @Test
  void commitsThatNobodyCanMeanAreRefused() {
    invalid(() -> groups.commit("bad", orders));
    invalid(() -> groups.commit("bad", ByteString.copyFromUtf8("short"), GroupApi.at(0, 1)));
    invalid(() -> groups.commit("bad", orders, GroupApi.at(-1, 1)));
    invalid(() -> groups.commit("bad", orders, GroupApi.at(0, -1)));
    invalid(() -> groups.commit("bad", orders, GroupApi.at(0, 1), GroupApi.at(0, 2)));
    invalid(
        () ->
            groups.commit("bad", orders, GroupApi.at(0, 1).toBuilder().setLeaderEpoch(-2).build()));
    invalid(
        () ->
            groups.offsets.getOffsets(
                GetOffsetsRequest.newBuilder()
                    .setGroupId("bad")
                    .addTopics(GroupApi.partitions(orders, 1, 1))
                    .build()));
  }

  @Test
  void zombiesDoNotCommit() {
    HeartbeatResponse joined = groups.join("fenced", "m1", "orders");
    assertThat(groups.commit("fenced", "m1", joined.getMemberEpoch(), orders, GroupApi.at(0, 7)))
        .isEmpty();
    refused(
        ErrorCode.UNKNOWN_MEMBER_ID,
        Status.Code.NOT_FOUND,
        () -> groups.commit("fenced", "m2", 1, orders, GroupApi.at(0, 3)));
    refused(
        ErrorCode.STALE_MEMBER_EPOCH,
        Status.Code.FAILED_PRECONDITION,
        () ->
            groups.commit("fenced", "m1", joined.getMemberEpoch() + 5, orders, GroupApi.at(0, 3)));
    // Someone outside may commit only while there are no members.
    refused(
        ErrorCode.UNKNOWN_MEMBER_ID,
        Status.Code.NOT_FOUND,
        () -> groups.commit("fenced", orders, GroupApi.at(0, 3)));
    groups.leave("fenced", "m1", joined.getMemberEpoch());
    refused(
        ErrorCode.UNKNOWN_MEMBER_ID,
        Status.Code.NOT_FOUND,
        () -> groups.commit("fenced", "m1", joined.getMemberEpoch(), orders, GroupApi.at(0, 3)));
    assertThat(groups.committed("fenced", orders, 0)).isEqualTo(7);
    assertThat(groups.commit("fenced", orders, GroupApi.at(0, 9))).isEmpty();
  }

  @Test
  void offsetsAreForgottenUnlessAMemberIsSubscribed() {
    groups.commit("forget", orders, GroupApi.at(0, 5), GroupApi.at(1, 6));
    HeartbeatResponse joined = groups.join("forget", "m", "orders");
    DeleteOffsetsRequest request =
        DeleteOffsetsRequest.newBuilder()
            .setGroupId("forget")
            .addTopics(GroupApi.partitions(orders, 0))
            .build();
    assertThat(
            Api.code(
                groups.offsets.deleteOffsets(request).getTopics(0).getPartitions(0).getError()))
        .isEqualTo("GROUP_SUBSCRIBED_TO_TOPIC");
    groups.leave("forget", "m", joined.getMemberEpoch());
    assertThat(groups.offsets.deleteOffsets(request).getTopics(0).getPartitions(0).hasError())
        .isFalse();
    assertThat(groups.committed("forget", orders, 0)).isEqualTo(-1);
    assertThat(groups.committed("forget", orders, 1)).isEqualTo(6);
  }

  // ---- groups

  @Test
  void aMemberIsGivenWhatItSubscribesTo() {
    HeartbeatResponse joined = groups.join("single", "m", "orders");
    assertThat(joined.getHeartbeatIntervalMs()).isEqualTo(5_000);
    HeartbeatResponse state = groups.settled("single", "m", joined);
    assertThat(state.getMemberEpoch()).isPositive();
    Group group = group("single");
    assertThat(group.getState()).isEqualTo(GroupState.GROUP_STATE_STABLE);
    assertThat(group.getCoordinatorId()).isEqualTo(1);
    assertThat(group.getMembers(0).getClientHost()).startsWith("127.0.0.1:");
    assertThat(group.getMembers(0).getAssigned().getTopics(0).getPartitionsList())
        .containsExactlyInAnyOrder(0, 1, 2, 3);
    refused(
        ErrorCode.GROUP_NOT_EMPTY,
        Status.Code.FAILED_PRECONDITION,
        () ->
            groups.groups.deleteGroup(
                DeleteGroupRequest.newBuilder().setGroupId("single").build()));
  }

  @Test
  void heartbeatsThatNobodyCanMeanAreRefused() {
    HeartbeatRequest good = GroupApi.joining("hb", "m", "orders");
    invalid(() -> groups.groups.heartbeat(good.toBuilder().setMemberId("").build()));
    invalid(() -> groups.groups.heartbeat(good.toBuilder().setMemberId("a b").build()));
    invalid(() -> groups.groups.heartbeat(good.toBuilder().setMemberEpoch(-1).build()));
    invalid(() -> groups.groups.heartbeat(good.toBuilder().setSessionTimeoutMs(99).build()));
    invalid(() -> groups.groups.heartbeat(good.toBuilder().setRebalanceTimeoutMs(999).build()));
    invalid(() -> groups.groups.heartbeat(good.toBuilder().setRack("r".repeat(250)).build()));
    invalid(() -> groups.groups.heartbeat(good.toBuilder().clearSubscription().build()));
    invalid(
        () ->
            groups.groups.heartbeat(
                good.toBuilder()
                    .setOwned(
                        OwnedPartitions.newBuilder()
                            .addTopics(
                                TopicIdPartitions.newBuilder()
                                    .setTopicId(ByteString.copyFromUtf8("garbage"))
                                    .addPartitions(0)))
                    .build()));
    refused(
        ErrorCode.UNSUPPORTED_ASSIGNOR,
        Status.Code.INVALID_ARGUMENT,
        () -> groups.groups.heartbeat(good.toBuilder().setAssignor("lottery").build()));
    refused(
        ErrorCode.INVALID_REGULAR_EXPRESSION,
        Status.Code.INVALID_ARGUMENT,
        () ->
            groups.groups.heartbeat(
                good.toBuilder()
                    .setSubscription(Subscription.newBuilder().setTopicRegex("(("))
                    .build()));
    refused(
        ErrorCode.UNKNOWN_MEMBER_ID,
        Status.Code.NOT_FOUND,
        () -> groups.groups.heartbeat(good.toBuilder().setMemberEpoch(3).build()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\tb", "%250"})
  void everyCallRefusesNamesThatNoGroupMayHave(String name) {
    String id = name.equals("%250") ? "ä".repeat(125) : name;
    List<ThrowingCallable> calls =
        List.of(
            () -> groups.groups.heartbeat(GroupApi.joining(id, "m", "orders")),
            () -> groups.groups.leaveGroup(LeaveGroupRequest.newBuilder().setGroupId(id).build()),
            () -> groups.groups.getGroup(GetGroupRequest.newBuilder().setGroupId(id).build()),
            () -> groups.groups.deleteGroup(DeleteGroupRequest.newBuilder().setGroupId(id).build()),
            () -> groups.commit(id, orders, GroupApi.at(0, 1)),
            () -> groups.offsets.getOffsets(GetOffsetsRequest.newBuilder().setGroupId(id).build()),
            () ->
                groups.offsets.deleteOffsets(
                    DeleteOffsetsRequest.newBuilder().setGroupId(id).build()));
    for (ThrowingCallable call : calls) {
      refused(ErrorCode.INVALID_GROUP_ID, Status.Code.INVALID_ARGUMENT, call);
    }
  }

  @Test
  void groupsAreListedInPagesOverAllPartitionsOfTheTopic() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      String name = "page-%02d".formatted(i);
      groups.commit(name, orders, GroupApi.at(0, i));
      names.add(name);
    }
    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      ListGroupsResponse page =
          groups.groups.listGroups(
              ListGroupsRequest.newBuilder().setPageSize(4).setPageToken(token).build());
      assertThat(page.getGroupsCount()).isLessThanOrEqualTo(4);
      page.getGroupsList().stream().map(GroupSummary::getGroupId).forEach(listed::add);
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(listed).isSorted().doesNotHaveDuplicates().containsAll(names);
    invalid(() -> groups.groups.listGroups(ListGroupsRequest.newBuilder().setPageSize(-1).build()));
    invalid(
        () -> groups.groups.listGroups(ListGroupsRequest.newBuilder().setPageToken("x").build()));
  }

  @Test
  void aGroupThatIsDeletedIsUnknown() {
    groups.commit("short-lived", orders, GroupApi.at(0, 1));
    groups.groups.deleteGroup(DeleteGroupRequest.newBuilder().setGroupId("short-lived").build());
    refused(ErrorCode.UNKNOWN_GROUP, Status.Code.NOT_FOUND, () -> group("short-lived"));
    assertThat(groups.committed("short-lived", orders, 0)).isEqualTo(-1);
  }

  @Test
  void aThousandMembersJoinAtOnce() throws Exception {
    ByteString wide = api.topic("wide", 1_000, Map.of());
    assertThat(wide.size()).isEqualTo(16);
    var joining =
        IntStream.range(0, 1_000)
            .mapToObj(i -> groups.async.heartbeat(GroupApi.joining("many", "m" + i, "wide")))
            .toList();
    for (var each : joining) {
      assertThat(each.get().getMemberEpoch()).isNotNegative();
    }
    Group group = group("many");
    assertThat(group.getMembersCount()).isEqualTo(1_000);
    assertThat(group.getMembersList())
        .allSatisfy(member -> assertThat(partitionsOf(member.getTarget())).isEqualTo(1));
    List<Integer> assigned =
        group.getMembersList().stream()
            .flatMap(member -> member.getAssigned().getTopicsList().stream())
            .flatMap(topic -> topic.getPartitionsList().stream())
            .toList();
    assertThat(assigned).doesNotHaveDuplicates();
  }

  private static int partitionsOf(io.millrace.proto.v1.Assignment assignment) {
    return assignment.getTopicsList().stream()
        .mapToInt(TopicIdPartitions::getPartitionsCount)
        .sum();
  }

  // ---- the test's

  private static Group group(String id) {
    return groups.groups.getGroup(GetGroupRequest.newBuilder().setGroupId(id).build()).getGroup();
  }

  private static void invalid(ThrowingCallable call) {
    refused(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, call);
  }

  private static void refused(ErrorCode code, Status.Code status, ThrowingCallable call) {
    Api.refused(code, status, call);
  }
}
