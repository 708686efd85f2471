package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import io.millrace.proto.v1.Assignment;
import io.millrace.proto.v1.GetGroupRequest;
import io.millrace.proto.v1.Group;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.JoinGroupRequest;
import io.millrace.proto.v1.JoinGroupResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.OwnedPartitions;
import io.millrace.proto.v1.TopicIdPartitions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members' streams. */
class JoinGroupApiTest {
  @TempDir static Path data;

  private static TestNode node;
  private static GroupApi groups;
  private static ByteString orders;

  @BeforeAll
  static void start() {
    node =
        TestNode.start(
            data,
            new RealFileStore(),
            builder ->
                builder.flags(
                    "test", List.of("group.min.session.timeout.ms=100", "max.group.streams=20")));
    groups = new GroupApi(node.channel());
    orders = new Api(node.channel()).topic("orders", 4, Map.of());
    groups.awaitCoordinator("any");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @Test
  void aMemberOnAStreamIsToldOfEachChangeAtOnce() {
    Member first = new Member("two", "a");
    first.join();
    await().untilAsserted(() -> assertThat(first.owned()).isEqualTo(4));
    Member second = new Member("two", "b");
    second.join();
    await().untilAsserted(() -> assertThat(first.owned()).isEqualTo(2));
    await().untilAsserted(() -> assertThat(second.owned()).isEqualTo(2));
    second.leave();
    await().until(() -> second.completed);
    await().untilAsserted(() -> assertThat(first.owned()).isEqualTo(4));
    first.leave();
  }

  /** By that a member tells whether the coordinator still hears it. */
  @Test
  void aFrameSaysHowManyHeartbeatsAreAnsweredAndAPushAnswersNone() {
    Member first = new Member("counted", "a");
    first.confirms = false;
    first.join();
    await().untilAsserted(() -> assertThat(first.owned()).isEqualTo(4));
    assertThat(first.answered).isEqualTo(1);
    assertThat(first.state.getSessionTimeoutMs()).isEqualTo(45_000);
    Member second = new Member("counted", "b");
    second.join();
    await().untilAsserted(() -> assertThat(first.owned()).isEqualTo(2));
    assertThat(first.answered).isEqualTo(1);
    assertThat(first.state.getSessionTimeoutMs()).isEqualTo(45_000);
    first.confirm();
    await().until(() -> first.answered == 2);
    first.leave();
    second.leave();
  }

  @Test
  void theEndOfAStreamEndsNoMembershipAndAnotherOneGoesOn() {
    Member member = new Member("back", "a");
    member.join();
    await().untilAsserted(() -> assertThat(member.owned()).isEqualTo(4));
    member.requests.onCompleted();
    await().until(() -> member.completed);
    assertThat(group("back").getMembersCount()).isEqualTo(1);
    Member again = new Member("back", "a");
    again.state = member.state;
    again.assignment = member.assignment;
    again.confirm();
    await().until(() -> again.messages.size() == 1);
    assertThat(again.error).isNull();
    again.leave();
    await().until(() -> again.completed);
  }

  @Test
  void aMemberThatIsSilentIsFencedAndItsStreamEnds() {
    Member silent = new Member("silent", "a");
    silent.confirms = false;
    silent.requests.onNext(
        frame(
            GroupApi.joining("silent", "a", "orders").toBuilder()
                .setSessionTimeoutMs(300)
                .build()));
    await().until(() -> silent.error != null);
    Api.refusal(ErrorCode.UNKNOWN_MEMBER_ID, Status.Code.NOT_FOUND, silent.error);
  }

  @Test
  void theNewerOfTwoStreamsOfAMemberCounts() {
    Member older = new Member("twice", "a");
    older.join();
    await().untilAsserted(() -> assertThat(older.owned()).isEqualTo(4));
    Member newer = new Member("twice", "a");
    newer.state = older.state;
    newer.assignment = older.assignment;
    newer.confirm();
    await().until(() -> newer.messages.size() == 1);
    await().until(() -> older.error != null);
    assertThat(newer.error).isNull();
    newer.leave();
  }

  @Test
  void aStreamIsOfOneMemberOnly() {
    Member member = new Member("one", "a");
    member.join();
    await().until(() -> !member.messages.isEmpty());
    member.requests.onNext(frame(GroupApi.joining("one", "b", "orders")));
    await().until(() -> member.error != null);
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, member.error);
  }

  @Test
  void anEmptyFrameIsRefused() {
    Member member = new Member("empty", "a");
    member.requests.onNext(JoinGroupRequest.getDefaultInstance());
    await().until(() -> member.error != null);
    Api.refusal(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, member.error);
  }

  @Test
  void aRefusalEndsTheStream() {
    Member member = new Member("bad\nname", "a");
    member.join();
    await().until(() -> member.error != null);
    Api.refusal(ErrorCode.INVALID_GROUP_ID, Status.Code.INVALID_ARGUMENT, member.error);
  }

  private static Group group(String id) {
    return groups.groups.getGroup(GetGroupRequest.newBuilder().setGroupId(id).build()).getGroup();
  }

  private static JoinGroupRequest frame(HeartbeatRequest heartbeat) {
    return JoinGroupRequest.newBuilder().setHeartbeat(heartbeat).build();
  }

  /** A member that owns what it is told, at once. */
  private static final class Member implements StreamObserver<JoinGroupResponse> {
    private final String group;
    private final String id;
    final List<HeartbeatResponse> messages = new CopyOnWriteArrayList<>();
    volatile boolean confirms = true;
    volatile long answered;
    volatile boolean completed;
    volatile @Nullable Throwable error;
    volatile HeartbeatResponse state = HeartbeatResponse.getDefaultInstance();
    volatile Assignment assignment = Assignment.getDefaultInstance();
    final StreamObserver<JoinGroupRequest> requests;

    Member(String group, String id) {
      this.group = group;
      this.id = id;
      this.requests = groups.streams.joinGroup(this);
    }

    void join() {
      requests.onNext(frame(GroupApi.joining(group, id, "orders")));
    }

    void confirm() {
      requests.onNext(
          frame(
              HeartbeatRequest.newBuilder()
                  .setGroupId(group)
                  .setMemberId(id)
                  .setMemberEpoch(state.getMemberEpoch())
                  .setOwned(OwnedPartitions.newBuilder().addAllTopics(assignment.getTopicsList()))
                  .build()));
    }

    void leave() {
      requests.onNext(
          JoinGroupRequest.newBuilder()
              .setLeave(
                  LeaveGroupRequest.newBuilder()
                      .setGroupId(group)
                      .setMemberId(id)
                      .setMemberEpoch(state.getMemberEpoch()))
              .build());
    }

    int owned() {
      assertThat(error).isNull();
      return assignment.getTopicsList().stream()
          .filter(topic -> topic.getTopicId().equals(orders))
          .mapToInt(TopicIdPartitions::getPartitionsCount)
          .sum();
    }

    @Override
    public void onNext(JoinGroupResponse message) {
      HeartbeatResponse before = state;
      state = message.getState();
      answered = message.getAnsweredHeartbeats();
      messages.add(state);
      if (state.hasAssignment()) {
        assignment = state.getAssignment();
      }
      boolean news = state.hasAssignment() || state.getMemberEpoch() != before.getMemberEpoch();
      if (confirms && news) {
        confirm();
      }
    }

    @Override
    public void onError(Throwable thrown) {
      error = thrown;
    }

    @Override
    public void onCompleted() {
      completed = true;
    }
  }
}
