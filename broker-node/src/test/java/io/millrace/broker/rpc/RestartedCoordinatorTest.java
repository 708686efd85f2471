package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.broker.server.TestNode;
import io.millrace.broker.server.TwoNodes;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.GetGroupRequest;
import io.millrace.proto.v1.GroupMember;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Groups over the end of their coordinator, and where they are not coordinated. */
class RestartedCoordinatorTest {
  @TempDir private Path data;

  @Test
  void aRestartKeepsCommitsAndMembers() throws InterruptedException {
    ByteString orders;
    HeartbeatResponse joined;
    try (TestNode node = TestNode.start(data)) {
      GroupApi groups = new GroupApi(node.channel());
      orders = new Api(node.channel()).topic("orders", 4, Map.of());
      groups.awaitCoordinator("g");
      assertThat(groups.commit("alone", orders, GroupApi.at(1, 11))).isEmpty();
      joined = groups.settled("g", "m", groups.join("g", "m", "orders"));
      assertThat(groups.commit("g", "m", joined.getMemberEpoch(), orders, GroupApi.at(2, 22)))
          .isEmpty();
    }
    try (TestNode node = TestNode.start(data)) {
      GroupApi groups = new GroupApi(node.channel());
      groups.awaitCoordinator("g");
      assertThat(groups.committed("alone", orders, 1)).isEqualTo(11);
      assertThat(groups.committed("g", orders, 2)).isEqualTo(22);
      HeartbeatResponse again =
          groups.groups.heartbeat(
              HeartbeatRequest.newBuilder()
                  .setGroupId("g")
                  .setMemberId("m")
                  .setMemberEpoch(joined.getMemberEpoch())
                  .build());
      assertThat(again.getMemberEpoch()).isEqualTo(joined.getMemberEpoch());
      GroupMember member =
          groups
              .groups
              .getGroup(GetGroupRequest.newBuilder().setGroupId("g").build())
              .getGroup()
              .getMembers(0);
      assertThat(member.getAssigned().getTopics(0).getPartitionsList())
          .containsExactlyInAnyOrder(0, 1, 2, 3);
      assertThat(groups.commit("g", "m", joined.getMemberEpoch(), orders, GroupApi.at(2, 23)))
          .isEmpty();
    }
  }

  @Test
  void anotherBrokerNamesTheCoordinator() throws InterruptedException {
    try (TwoNodes nodes = TwoNodes.start(data, "offsets.topic.replication.factor=1")) {
      GroupApi one = new GroupApi(nodes.controller().channel());
      GroupApi two = new GroupApi(nodes.follower().channel());
      Api.refused(
          ErrorCode.NOT_COORDINATOR,
          Status.Code.FAILED_PRECONDITION,
          () -> two.committed("g", ByteString.EMPTY, 0));
      one.awaitCoordinator("g");
      String group = groupOf(one, 1);
      two.awaitCoordinator("g");
      assertThat(one.committed(group, ByteString.EMPTY, 0)).isEqualTo(-1);
      assertThat(
              Api.refused(
                      ErrorCode.NOT_COORDINATOR,
                      Status.Code.FAILED_PRECONDITION,
                      () -> two.committed(group, ByteString.EMPTY, 0))
                  .getMetadataMap())
          .containsEntry("coordinator_id", "1");
    }
  }

  private static String groupOf(GroupApi api, int broker) {
    int number = 0;
    while (api.find("g" + number).getCoordinator().getNodeId() != broker) {
      number++;
    }
    return "g" + number;
  }
}
