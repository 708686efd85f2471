package io.millrace.broker.replica.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * A follower with one partition in sync and one far behind, and its leader, in virtual time; what
 * is sent arrives at once, and what arrives is appended at once.
 */
class CatchUpTest {
  private static final int MB = 1 << 20;
  private static final long CREDITS = 8 * MB;
  private static final TopicIdPartition IN_SYNC = new TopicIdPartition(new UUID(1, 1), 0);
  private static final TopicIdPartition BEHIND = new TopicIdPartition(new UUID(1, 1), 1);
  private static final long STEP_MS = 10;

  private final Map<TopicIdPartition, FakeLog> logs = new HashMap<>();
  private final Map<TopicIdPartition, Replica> replicas = new HashMap<>();
  private final Map<Long, Leader> leaders = new TreeMap<>();
  private final Deque<Runnable> queue = new ArrayDeque<>();
  private final List<FollowerEffect> effects = new ArrayList<>();
  private long leaderRate = Long.MAX_VALUE;
  private long followerRate = Long.MAX_VALUE;
  private final Throttle leaderThrottle = new Throttle(() -> leaderRate);
  private final FollowerLinks follower =
      new FollowerLinks(
          new FollowerLink.Settings(2, 1, CREDITS, MB), 20, new Throttle(() -> followerRate), 0);
  private long nowMs;

  private record Ref(long number) implements FollowerRef {}

  /** A partition at the follower. */
  private static final class Replica {
    private long attempt;
    private long logEnd;

    /** Where it was each time that it was accepted, by stream. */
    private final List<String> accepted = new ArrayList<>();
  }

  /** The leader's end of a stream. */
  private final class Leader {
    private final long stream;
    private final LeaderLink link = new LeaderLink(1, 10, Ref::new, leaderThrottle, nowMs);
    private final List<LeaderEffect> wanted = new ArrayList<>();
    private final Map<Long, TopicIdPartition> watched = new HashMap<>();

    Leader(long stream) {
      this.stream = stream;
    }

    void received(FollowerFrame frame) {
      link.received(frame, nowMs, wanted);
      pump();
    }

    void pump() {
      carryOut();
      Optional<LeaderFrame> frame = next();
      while (frame.isPresent()) {
        LeaderFrame sent = frame.get();
        queue.add(() -> follower.received(stream, sent, nowMs, effects));
        frame = next();
      }
    }

    private Optional<LeaderFrame> next() {
      Optional<LeaderFrame> frame = link.next(this::find, nowMs, wanted);
      boolean read = carryOut();
      return frame.isEmpty() && read ? next() : frame;
    }

    private Optional<LeaderLogs.LeaderLog> find(TopicIdPartition id, int epoch) {
      return Optional.of(logs.get(id));
    }

    private boolean carryOut() {
      boolean read = false;
      for (int i = 0; i < wanted.size(); i++) {
        LeaderEffect effect = wanted.get(i);
        if (effect instanceof LeaderEffect.Read wish) {
          wish.read().carryOut(this::find);
          link.read(wish.read(), wanted);
          read = true;
        } else if (effect instanceof LeaderEffect.Watch watch) {
          watched.put(watch.subscription(), watch.partition());
        } else if (effect instanceof LeaderEffect.Tell tell) {
          told(tell);
        }
      }
      wanted.clear();
      return read;
    }

    private void told(LeaderEffect.Tell tell) {
      FakeLog log = logs.get(tell.partition());
      if (tell.event() instanceof LeadingEvent.FollowerSubscribes asked) {
        link.answered(
            ((Ref) asked.ref()).number(),
            new SubscribeAnswer.Accepted(log.highWatermark, log.logStart),
            wanted);
        replicas.get(tell.partition()).accepted.add(stream + " at " + asked.position());
      } else if (tell.event() instanceof LeadingEvent.FollowerAcknowledged at) {
        assertThat(link.catchesUp() && at.appended() >= log.highWatermark)
            .as("%s acknowledged up to the high watermark on the throttled stream", at)
            .isFalse();
      }
    }
  }

  private void start() {
    logs.put(IN_SYNC, new FakeLog(MB));
    logs.put(BEHIND, new FakeLog(MB).append(100));
    logs.get(BEHIND).highWatermark = 100;
    logs.get(BEHIND).inSync = false;
    for (TopicIdPartition each : List.of(IN_SYNC, BEHIND)) {
      replicas.put(each, new Replica());
      subscribe(each);
    }
    settle();
  }

  private void subscribe(TopicIdPartition id) {
    Replica replica = replicas.get(id);
    replica.attempt++;
    follower.subscribe(
        id,
        new FollowingEffect.Subscribe(replica.attempt, 1, 1, replica.logEnd, 0),
        nowMs,
        effects);
  }

  private void settle() {
    do {
      Optional.ofNullable(queue.poll()).ifPresent(Runnable::run);
      carryOut();
      follower.settle(nowMs, effects);
      carryOut();
    } while (!queue.isEmpty());
  }

  private void carryOut() {
    for (int i = 0; i < effects.size(); i++) {
      FollowerEffect effect = effects.get(i);
      if (effect instanceof FollowerEffect.Connect connect) {
        leaders.put(connect.stream(), new Leader(connect.stream()));
      } else if (effect instanceof FollowerEffect.Send send) {
        queue.add(() -> leaders.get(send.stream()).received(send.frame()));
      } else if (effect instanceof FollowerEffect.Tell tell) {
        told(tell);
      }
    }
    effects.clear();
  }

  private void told(FollowerEffect.Tell tell) {
    Replica replica = replicas.get(tell.partition());
    if (tell.event() instanceof FollowingEvent.SubscriptionEnded) {
      subscribe(tell.partition());
    } else if (tell.event() instanceof FollowingEvent.ReplicatedBatches batches) {
      FakeRecords records = (FakeRecords) batches.batches();
      assertThat(records.first()).isEqualTo(replica.logEnd);
      replica.logEnd = records.next();
      follower.used(streamOf(tell.partition()), records.bytes());
      follower.acknowledge(
          tell.partition(),
          new FollowingEffect.Acknowledge(replica.attempt, replica.logEnd, replica.logEnd, 0));
    }
  }

  private int accepted(TopicIdPartition id) {
    return replicas.get(id).accepted.size();
  }

  private long streamOf(TopicIdPartition id) {
    return Long.parseLong(replicas.get(id).accepted.get(accepted(id) - 1).split(" ")[0]);
  }

  private void run(long ms) {
    for (long endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += STEP_MS;
      if (follower.dueMs() <= nowMs) {
        follower.tick(nowMs, effects);
      }
      for (Leader leader : leaders.values()) {
        if (leader.link.dueMs() <= nowMs) {
          leader.link.tick(nowMs, leader.wanted);
          leader.pump();
        }
      }
      settle();
    }
  }

  private void append(TopicIdPartition id, int batches) {
    logs.get(id).append(batches);
    for (Leader leader : leaders.values()) {
      leader.watched.forEach(
          (subscription, of) -> {
            if (of.equals(id)) {
              leader.link.advanced(subscription);
            }
          });
      leader.pump();
    }
    settle();
  }

  @Test
  void aReplicaFarBehindGoesToAStreamOfItsOwnAndBackWhenItHasNearlyCaughtUp() {
    leaderRate = 50L * MB;
    start();
    assertThat(streamOf(IN_SYNC)).isEqualTo(1);
    assertThat(streamOf(BEHIND)).isEqualTo(2);

    run(3_000);

    assertThat(replicas.get(BEHIND).logEnd).isEqualTo(100);
    assertThat(replicas.get(BEHIND).accepted).containsExactly("1 at 0", "2 at 0", "1 at 96");
  }

  @Test
  void theLeadersRateHoldsUpWhatCatchesUpAndNothingElse() {
    leaderRate = 10L * MB;
    start();
    run(1_000);
    assertThat(replicas.get(BEHIND).logEnd).isBetween(9L, 12L);

    append(IN_SYNC, 30);
    assertThat(replicas.get(IN_SYNC).logEnd).as("at once").isEqualTo(30);

    run(2_000);
    assertThat(replicas.get(BEHIND).logEnd).isBetween(29L, 32L);
  }

  @Test
  void theFollowersRateHoldsUpWhatCatchesUpAndNothingElse() {
    followerRate = 10L * MB;
    start();
    long atFirst = CREDITS / MB;
    run(1_000);
    // What comes at first is given back as one piece, which is about to be paid.
    assertThat(replicas.get(BEHIND).logEnd).isBetween(atFirst + 8, atFirst + 10 + atFirst);

    append(IN_SYNC, 30);
    assertThat(replicas.get(IN_SYNC).logEnd).as("at once").isEqualTo(30);

    run(2_000);
    assertThat(replicas.get(BEHIND).logEnd).isBetween(atFirst + 28, atFirst + 40);
  }

  @Test
  void aRateThatIsRaisedHoldsWithinASecond() {
    leaderRate = 1;
    start();
    run(5_000);
    assertThat(replicas.get(BEHIND).logEnd).isEqualTo(1);

    leaderRate = Long.MAX_VALUE;
    run(1_000);

    assertThat(replicas.get(BEHIND).logEnd).isEqualTo(100);
  }

  @Test
  void aReplicaInSyncIsNotHeldUpHoweverFarBehindItIs() {
    leaderRate = 1;
    start();
    run(1_000);
    assertThat(streamOf(BEHIND)).isEqualTo(2);

    logs.get(BEHIND).inSync = true;
    run(1_000);

    assertThat(streamOf(BEHIND)).isEqualTo(1);
    assertThat(replicas.get(BEHIND).logEnd).isEqualTo(100);
  }

  @Test
  void oneThatLeavesTheInSyncReplicasFarBehindMovesOver() {
    leaderRate = 1;
    start();
    append(IN_SYNC, 3);
    logs.get(IN_SYNC).inSync = false;
    append(IN_SYNC, 1);
    assertThat(streamOf(IN_SYNC)).as("it is not far behind").isEqualTo(1);

    replicas.get(IN_SYNC).logEnd = 0;
    logs.get(IN_SYNC).append(50).highWatermark = 50;
    follower.lost(1, nowMs, effects);
    settle();
    run(100);

    assertThat(replicas.get(IN_SYNC).accepted).endsWith("3 at 0", "2 at 0");
  }
}
