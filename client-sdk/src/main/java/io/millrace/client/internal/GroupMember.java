package io.millrace.client.internal;

import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.GroupConfig;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.GroupServiceGrpc;
import io.millrace.proto.v1.HeartbeatResponse;
import io.millrace.proto.v1.LeaveGroupRequest;
import io.millrace.proto.v1.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/** Drives a {@link GroupMembership} on the groups' thread. Any thread may call; nothing blocks. */
final class GroupMember implements CoordinatorConnection.Listener {
  /** What the consumer is told, on the groups' thread, in order. */
  interface Listener {
    /** It is to have these partitions, and no others. */
    void assigned(long incarnation, Set<TopicIdPartition> partitions);

    /** It has lost its partitions, and is to say when it has {@link #dropped} them. */
    void lost(MillraceException why);

    /** Each poll is to throw this, until it subscribes anew: the subscription of that number. */
    void failed(long subscription, MillraceException why);

    /** One poll is to throw this, unless it has subscribed anew since. */
    void troubled(long subscription, MillraceException why);
  }

  private final ClusterClient cluster;
  private final GroupCoordinator coordinator;
  private final ScheduledExecutorService thread;
  private final Executor helper;
  private final PollClock polls;
  private final Listener listener;

  /** The rest is confined to the groups' thread, but for the identity. */
  private final GroupMembership membership;

  private final CoordinatorConnection connection;

  /** The number of what it is subscribed to. */
  private long subscription;

  private Optional<Future<?>> timer = Optional.empty();

  /** To be done when the coordinator knows that the member has left. */
  private CompletableFuture<Boolean> left = new CompletableFuture<>();

  private volatile MemberIdentity identity;

  /**
   * Out of the group.
   *
   * @param threads the groups' thread and those that may block
   */
  GroupMember(
      ConsumerConfig config,
      ClusterClient cluster,
      GroupCoordinator coordinator,
      Threads threads,
      PollClock polls,
      Listener listener) {
    this.cluster = cluster;
    this.coordinator = coordinator;
    this.thread = threads.groups();
    this.helper = threads.helper();
    this.polls = polls;
    this.listener = listener;
    GroupConfig group = config.group().orElseThrow();
    Duration timeout = cluster.config().requestTimeout();
    this.membership =
        new GroupMembership(
            new GroupMembership.Member(
                group,
                () -> UUID.randomUUID().toString(),
                cluster.config().clientId(),
                config.rack(),
                timeout.toMillis()),
            cluster.newLeaderBackoff());
    this.connection = new CoordinatorConnection(coordinator, timeout, this::execute, helper, this);
    this.identity = membership.identity();
  }

  /**
   * The threads of a client.
   *
   * @param groups the one of all its groups
   * @param helper run what blocks
   */
  record Threads(ScheduledExecutorService groups, Executor helper) {}

  /** As whom the consumer commits. */
  MemberIdentity identity() {
    return identity;
  }

  /**
   * See {@link GroupMembership#subscribe}.
   *
   * @param number told with the troubles that it has
   */
  void subscribe(long number, Subscription topics) {
    step(
        now -> {
          subscription = number;
          return membership.subscribe(topics, now);
        });
  }

  /** See {@link GroupMembership#owns}. */
  void owns(Set<TopicIdPartition> partitions) {
    step(now -> membership.owns(partitions, now));
  }

  /** See {@link GroupMembership#dropped}. */
  void dropped() {
    step(membership::dropped);
  }

  /**
   * Leaves the group.
   *
   * @return done when the coordinator knows, or can't be told
   */
  Future<Boolean> leave() {
    CompletableFuture<Boolean> told = new CompletableFuture<>();
    step(
        now -> {
          left = told;
          List<MemberAction> actions = membership.leave();
          if (actions.isEmpty()) {
            told.complete(true);
          }
          return actions;
        });
    return told;
  }

  @Override
  public void told(long stream, long answeredHeartbeats, HeartbeatResponse state) {
    step(now -> believe(stream, answeredHeartbeats, state, now));
  }

  private List<MemberAction> believe(
      long stream, long answeredHeartbeats, HeartbeatResponse state, long now) {
    try {
      return membership.told(stream, answeredHeartbeats, state, now);
    } catch (IllegalArgumentException e) {
      connection.abandon();
      return membership.ended(
          stream,
          new MillraceException(
              ErrorCode.INTERNAL, "the coordinator told nonsense: " + e.getMessage()),
          now);
    }
  }

  @Override
  public void ended(long stream, MillraceException why) {
    step(now -> membership.ended(stream, why, now));
  }

  private void tick() {
    step(now -> membership.tick(now, polls.idleSinceMs()));
  }

  private void step(LongFunction<List<MemberAction>> work) {
    execute(
        () -> {
          List<MemberAction> actions = work.apply(now());
          // Before anyone hears of what it was given: it commits as that.
          identity = membership.identity();
          carryOut(actions);
          schedule();
        });
  }

  private void execute(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      // The client is closed, and its consumers have ended before.
    }
  }

  private void schedule() {
    timer.ifPresent(old -> old.cancel(false));
    long atMs = membership.nextTickMs(polls.idleSinceMs());
    timer =
        atMs == Long.MAX_VALUE
            ? Optional.empty()
            : Optional.of(
                thread.schedule(this::tick, Math.max(0, atMs - now()), TimeUnit.MILLISECONDS));
  }

  private void carryOut(List<MemberAction> actions) {
    for (MemberAction action : actions) {
      if (action instanceof MemberAction.Open open) {
        connection.open(open.stream(), open.first());
      } else if (action instanceof MemberAction.Send send) {
        connection.send(send.heartbeat());
      } else if (action instanceof MemberAction.Abandon) {
        connection.abandonSilent();
      } else if (action instanceof MemberAction.Leave leave) {
        leave(leave.leave());
      } else {
        tell(action);
      }
    }
  }

  private void tell(MemberAction action) {
    if (action instanceof MemberAction.Assign assign) {
      listener.assigned(assign.incarnation(), assign.partitions());
    } else if (action instanceof MemberAction.Lose lose) {
      listener.lost(lose.why());
    } else if (action instanceof MemberAction.Fail fail) {
      listener.failed(subscription, fail.why());
    } else if (action instanceof MemberAction.Report report) {
      listener.troubled(subscription, report.why());
    } else {
      throw new IllegalStateException(action.toString());
    }
  }

  /** By the stream, behind what was sent on it; without one by a call. */
  private void leave(LeaveGroupRequest leave) {
    CompletableFuture<Boolean> done = left;
    boolean underWay =
        connection.leave(
            leave,
            orderly -> {
              if (orderly) {
                done.complete(true);
              } else {
                leaveByCall(leave, done);
              }
            });
    if (!underWay) {
      leaveByCall(leave, done);
    }
  }

  private void leaveByCall(LeaveGroupRequest leave, CompletableFuture<Boolean> done) {
    if (leave.getMemberEpoch() == 0) {
      // It was told nothing that others could wait for.
      done.complete(false);
    }
    try {
      helper.execute(() -> done.complete(leaveByCall(leave)));
    } catch (RejectedExecutionException e) {
      done.complete(false);
    }
  }

  private boolean leaveByCall(LeaveGroupRequest leave) {
    try {
      coordinator.call(
          cluster.config().requestTimeout(),
          (channel, left) ->
              GroupServiceGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                  .leaveGroup(leave));
      return true;
    } catch (MillraceException e) {
      // The session's end does the same, later.
      return false;
    }
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }
}
