package io.millrace.client.internal;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.BindableService;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.Assignment;
import io.millrace.proto.v1.CommitOffsetsRequest;
import io.millrace.proto.v1.CommitOffsetsResponse;
import io.millrace.proto.v1.CommittedOffset;
import io.millrace.proto.v1.CommittedTopicOffsets;
import io.millrace.proto.v1.GetOffsetsRequest;
import io.millrace.proto.v1.GetOffsetsResponse;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatRequest;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.JoinGroupRequest;
import io.millrace.proto.v1.JoinGroupResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.LeaveGroupResponse;
import io.millrace.proto.v1.OffsetServiceGrpc;
import io.millrace.proto.v1.PartitionOffset;
import io.millrace.proto.v1.PartitionOffsetResult;
import io.millrace.proto.v1.TopicOffsetResults;
import io.millrace.proto.v1.TopicOffsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A coordinator in a few lines: the test says who is given what. Commits of members that it does
 * not know, or with an epoch that it never told, are refused. One lock guards everything.
 */
final class FakeGroups {
  private static final int SESSION_TIMEOUT_MS = 300_000;

  /** How often somebody asked for a coordinator. */
  final AtomicInteger lookUps = new AtomicInteger();

  /** What a member is given when it joins. */
  volatile Set<TopicIdPartition> onJoin = Set.of();

  /** Every heartbeat, in order. */
  final List<HeartbeatRequest> heartbeats = new CopyOnWriteArrayList<>();

  /** Every request to commit, whatever became of it. */
  final List<CommitOffsetsRequest> commits = new CopyOnWriteArrayList<>();

  /** Who left. */
  final List<LeaveGroupRequest> leaves = new CopyOnWriteArrayList<>();

  /** Refuses the next commits, one after the other. */
  final List<ErrorCode> refusals = new ArrayList<>();

  /** Refuses who joins. */
  volatile Optional<ErrorCode> refusesJoin = Optional.empty();

  /** Whether commits get no answer until {@link #releaseCommits}. */
  volatile boolean holdsCommits;

  volatile int heartbeatIntervalMs = 60_000;

  private final Map<String, Member> members = new LinkedHashMap<>();
  private final Map<TopicIdPartition, PartitionOffset> committed = new HashMap<>();
  private final List<Runnable> held = new ArrayList<>();

  private static final class Member {
    private int epoch = 1;

    /** On its stream. */
    private long answered;

    private Set<TopicIdPartition> assigned = Set.of();
    private Set<TopicIdPartition> owned = Set.of();
    private Optional<StreamObserver<JoinGroupResponse>> stream = Optional.empty();
  }

  BindableService groupApi() {
    return new GroupApi();
  }

  BindableService offsetApi() {
    return new OffsetApi();
  }

  static StatusRuntimeException refusal(ErrorCode code) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(9)
            .setMessage("refused by the test")
            .addDetails(Any.pack(ErrorInfo.newBuilder().setReason(code.name()).build()))
            .build());
  }

  /** The members' ids, in the order in which they joined. */
  synchronized List<String> members() {
    return List.copyOf(members.keySet());
  }

  /** What a member said last that it owns. */
  synchronized Set<TopicIdPartition> owned(String member) {
    return member(member).owned;
  }

  /** The epoch that a member was told last. */
  synchronized int epoch(String member) {
    return member(member).epoch;
  }

  private Member member(String id) {
    Member member = members.get(id);
    if (member == null) {
      throw new AssertionError("no member " + id);
    }
    return member;
  }

  /** The only member is given these, and told. */
  synchronized void give(Set<TopicIdPartition> partitions) {
    Member member = member(members().get(0));
    member.assigned = partitions;
    member.epoch++;
    member.stream.ifPresent(stream -> stream.onNext(state(member, true)));
  }

  /** Forgets the only member, and tells it by ending its stream. */
  synchronized void fence() {
    String id = members().get(0);
    Member member = member(id);
    members.remove(id);
    member.stream.ifPresent(s -> s.onError(refusal(ErrorCode.FENCED_MEMBER_EPOCH)));
  }

  /** Ends the only member's stream, which stays a member. */
  synchronized void cut(ErrorCode why) {
    Member member = member(members().get(0));
    Optional<StreamObserver<JoinGroupResponse>> stream = member.stream;
    member.stream = Optional.empty();
    stream.ifPresent(s -> s.onError(refusal(why)));
  }

  synchronized void commit(TopicIdPartition partition, long offset) {
    committed.put(
        partition,
        PartitionOffset.newBuilder().setPartition(partition.partition()).setOffset(offset).build());
  }

  synchronized Optional<Long> committed(TopicIdPartition partition) {
    return Optional.ofNullable(committed.get(partition)).map(PartitionOffset::getOffset);
  }

  /** Answers the commits that were held back. */
  synchronized void releaseCommits() {
    holdsCommits = false;
    List.copyOf(held).forEach(Runnable::run);
    held.clear();
  }

  private JoinGroupResponse state(Member member, boolean assignment) {
    HeartbeatResponse.Builder state =
        HeartbeatResponse.newBuilder()
            .setMemberEpoch(member.epoch)
            .setHeartbeatIntervalMs(heartbeatIntervalMs)
            .setSessionTimeoutMs(SESSION_TIMEOUT_MS);
    if (assignment) {
      state.setAssignment(
          Assignment.newBuilder().addAllTopics(Partitions.toProto(member.assigned)));
    }
    return JoinGroupResponse.newBuilder()
        .setState(state)
        .setAnsweredHeartbeats(member.answered)
        .build();
  }

  private final class GroupApi extends GroupServiceGrpc.GroupServiceImplBase {
    @Override
    public StreamObserver<JoinGroupRequest> joinGroup(StreamObserver<JoinGroupResponse> answers) {
      return new StreamObserver<>() {
        private boolean first = true;

        @Override
        public void onNext(JoinGroupRequest frame) {
          synchronized (FakeGroups.this) {
            if (frame.hasLeave()) {
              leave(frame.getLeave());
              answers.onCompleted();
            } else {
              heartbeat(frame.getHeartbeat());
            }
          }
        }

        private void heartbeat(HeartbeatRequest heartbeat) {
          heartbeats.add(heartbeat);
          boolean joins = heartbeat.getMemberEpoch() == 0;
          if (joins && refusesJoin.isPresent()) {
            answers.onError(refusal(refusesJoin.get()));
            return;
          }
          if (joins) {
            Member joined = new Member();
            joined.assigned = onJoin;
            members.put(heartbeat.getMemberId(), joined);
          }
          Member member = members.get(heartbeat.getMemberId());
          if (member == null) {
            answers.onError(refusal(ErrorCode.UNKNOWN_MEMBER_ID));
            return;
          }
          member.stream = Optional.of(answers);
          if (heartbeat.hasOwned()) {
            member.owned = Partitions.fromProto(heartbeat.getOwned().getTopicsList());
          }
          member.answered = first ? 1 : member.answered + 1;
          answers.onNext(state(member, first));
          first = false;
        }

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {}
      };
    }

    @Override
    public void leaveGroup(LeaveGroupRequest request, StreamObserver<LeaveGroupResponse> observer) {
      synchronized (FakeGroups.this) {
        leave(request);
      }
      observer.onNext(LeaveGroupResponse.getDefaultInstance());
      observer.onCompleted();
    }

    private void leave(LeaveGroupRequest leave) {
      leaves.add(leave);
      members.remove(leave.getMemberId());
    }
  }

  private final class OffsetApi extends OffsetServiceGrpc.OffsetServiceImplBase {
    @Override
    public void commitOffsets(
        CommitOffsetsRequest request, StreamObserver<CommitOffsetsResponse> observer) {
      synchronized (FakeGroups.this) {
        commits.add(request);
        if (holdsCommits) {
          held.add(() -> answer(request, observer));
        } else {
          answer(request, observer);
        }
      }
    }

    private void answer(
        CommitOffsetsRequest request, StreamObserver<CommitOffsetsResponse> observer) {
      if (!refusals.isEmpty()) {
        observer.onError(refusal(refusals.remove(0)));
        return;
      }
      Member member = members.get(request.getMemberId());
      if (!request.getMemberId().isEmpty() && member == null) {
        observer.onError(refusal(ErrorCode.UNKNOWN_MEMBER_ID));
        return;
      }
      if (member != null && request.getMemberEpoch() > member.epoch) {
        observer.onError(refusal(ErrorCode.STALE_MEMBER_EPOCH));
        return;
      }
      CommitOffsetsResponse.Builder answer = CommitOffsetsResponse.newBuilder();
      for (TopicOffsets topic : request.getTopicsList()) {
        TopicOffsetResults.Builder results =
            TopicOffsetResults.newBuilder().setTopicId(topic.getTopicId());
        for (PartitionOffset offset : topic.getPartitionsList()) {
          committed.put(
              new TopicIdPartition(Uuids.fromBytes(topic.getTopicId()), offset.getPartition()),
              offset);
          results.addPartitions(
              PartitionOffsetResult.newBuilder().setPartition(offset.getPartition()));
        }
        answer.addTopics(results);
      }
      observer.onNext(answer.build());
      observer.onCompleted();
    }

    @Override
    public void getOffsets(GetOffsetsRequest request, StreamObserver<GetOffsetsResponse> observer) {
      GetOffsetsResponse.Builder answer = GetOffsetsResponse.newBuilder();
      synchronized (FakeGroups.this) {
        for (TopicIdPartition partition : Partitions.fromProto(request.getTopicsList())) {
          CommittedOffset.Builder one =
              CommittedOffset.newBuilder().setPartition(partition.partition());
          Optional.ofNullable(committed.get(partition)).ifPresent(one::setCommitted);
          answer.addTopics(
              CommittedTopicOffsets.newBuilder()
                  .setTopicId(Uuids.toBytes(partition.topicId()))
                  .addPartitions(one));
        }
      }
      observer.onNext(answer.build());
      observer.onCompleted();
    }
  }
}
