package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A follower's link, the leader's link of each of its streams, and models of the partitions at both
 * ends, driven by a seed. Every rule that does not hold throws.
 */
final class CoupledLinks {
  private static final int PARTITIONS = 4;
  private static final int DIRECTORIES = 2;
  private static final int BATCH = 100;

  /** So much that six batches are far behind. */
  private static final int STORED = 6 << 20;

  private static final long CREDITS = 1_000;
  private static final int FRAME = 350;

  private final SplittableRandom random;
  private final List<FollowerEffect> followerEffects = new ArrayList<>();
  private final FollowerLinks follower =
      new FollowerLinks(new FollowerLink.Settings(2, 1, CREDITS, FRAME), 20, Throttle.none(), 0);
  private final Map<Long, Wire> wires = new LinkedHashMap<>();
  private final Map<TopicIdPartition, FakeLog> logs = new HashMap<>();
  private final Map<TopicIdPartition, Replica> replicas = new LinkedHashMap<>();
  private final Deque<Runnable> shard = new ArrayDeque<>();
  private long nowMs;
  private int lostConnections;
  private int movedOver;

  /** Whose frame the follower is taking. */
  private long delivering;

  private boolean healed;

  private record Ref(long stream, long number) implements FollowerRef {}

  /** A partition at the follower. */
  private static final class Replica {
    private long attempt;
    private boolean over = true;
    private boolean subscribed;
    private int leaderEpoch = 1;
    private long logEnd;
    private long highWatermark;
  }

  /** A stream with what is under way on it. */
  private final class Wire {
    private final long number;
    private final Deque<FollowerFrame> toLeader = new ArrayDeque<>();
    private final Deque<LeaderFrame> toFollower = new ArrayDeque<>();
    private final List<LeaderEffect> effects = new ArrayList<>();
    private final Map<Long, TopicIdPartition> watched = new HashMap<>();
    private final List<LeaderRead> reads = new ArrayList<>();
    private final LeaderLink link;

    /** Sent and not given back by credits that have arrived. */
    private long outstanding;

    private boolean cut;
    private boolean followerKnows;
    private boolean leaderKnows;

    Wire(long number) {
      this.number = number;
      this.link = new LeaderLink(1, 100, n -> new Ref(number, n), nowMs);
    }

    void deliverToLeader() {
      FollowerFrame frame = toLeader.poll();
      if (frame != null && !leaderKnows) {
        if (frame instanceof FollowerFrame.Credits credits) {
          outstanding -= credits.bytes();
        }
        link.received(frame, nowMs, effects);
        carryOut();
      }
    }

    void deliverToFollower() {
      LeaderFrame frame = toFollower.poll();
      if (frame != null) {
        delivering = number;
        movedOver += frame instanceof LeaderFrame.MovesOver ? 1 : 0;
        follower.received(number, frame, nowMs, followerEffects);
        settle();
      }
    }

    void carryOut() {
      for (int i = 0; i < effects.size(); i++) {
        LeaderEffect effect = effects.get(i);
        if (effect instanceof LeaderEffect.Tell tell) {
          shard.add(() -> tellLeader(tell));
        } else if (effect instanceof LeaderEffect.Watch watch) {
          watched.put(watch.subscription(), watch.partition());
        } else if (effect instanceof LeaderEffect.Unwatch unwatch) {
          watched.remove(unwatch.subscription());
        } else if (effect instanceof LeaderEffect.Read read) {
          require(
              reads.stream().noneMatch(each -> each.directory().equals(read.read().directory())),
              "two reads of a directory at a time");
          reads.add(read.read());
        } else if (effect instanceof LeaderEffect.EndStream end) {
          require(end.why().code() == ErrorCode.UNAVAILABLE, "the stream is refused: " + end);
          leaderKnows = true;
          cut = true;
        }
      }
      effects.clear();
    }

    /** What the partition does: it accepts who follows it in its epoch. */
    private void tellLeader(LeaderEffect.Tell tell) {
      FakeLog log = logs.get(tell.partition());
      if (tell.event() instanceof LeadingEvent.FollowerSubscribes asked) {
        long subscription = ((Ref) asked.ref()).number();
        boolean accepted = log.leaderEpoch.equals(Optional.of(asked.leaderEpoch()));
        if (accepted) {
          log.highWatermark = Math.max(log.highWatermark, asked.position());
        }
        link.answered(
            subscription,
            accepted
                ? new SubscribeAnswer.Accepted(log.highWatermark, log.logStart)
                : new SubscribeAnswer.Refused(fenced()),
            effects);
        carryOut();
      } else if (tell.event() instanceof LeadingEvent.FollowerAcknowledged at) {
        require(at.appended() <= log.logEnd, "acknowledged above the log end: " + at);
        log.inSync |= at.appended() >= log.highWatermark;
        log.highWatermark = Math.max(log.highWatermark, at.appended());
        advanced(tell.partition());
      }
    }

    void advance(TopicIdPartition partition) {
      watched.forEach(
          (subscription, of) -> {
            if (of.equals(partition)) {
              link.advanced(subscription);
            }
          });
    }

    void endAll(TopicIdPartition partition) {
      for (Map.Entry<Long, TopicIdPartition> each : List.copyOf(watched.entrySet())) {
        if (each.getValue().equals(partition)) {
          link.ended(each.getKey(), fenced(), effects);
        }
      }
      carryOut();
    }

    private Optional<LeaderLogs.LeaderLog> find(TopicIdPartition partition, int epoch) {
      return Optional.of(logs.get(partition))
          .filter(log -> log.leaderEpoch.equals(Optional.of(epoch)))
          .map(log -> log);
    }

    /** A disk is done with a read. */
    void read() {
      if (!reads.isEmpty()) {
        LeaderRead read = reads.remove(random.nextInt(reads.size()));
        read.carryOut(this::find);
        link.read(read, effects);
        carryOut();
      }
    }

    void send() {
      Optional<LeaderFrame> frame = link.next(this::find, nowMs, effects);
      carryOut();
      if (frame.isPresent() && !leaderKnows) {
        if (frame.get() instanceof LeaderFrame.Data data) {
          outstanding += data.parts().stream().mapToLong(part -> part.records().bytes()).sum();
          require(
              outstanding < CREDITS + BATCH, "bytes under way: " + outstanding + " of " + CREDITS);
        }
        if (!cut) {
          toFollower.add(frame.get());
        }
      }
    }
  }

  CoupledLinks(long seed) {
    random = new SplittableRandom(seed);
    for (int i = 0; i < PARTITIONS; i++) {
      TopicIdPartition partition = new TopicIdPartition(new UUID(1, 1), i);
      FakeLog log = new FakeLog(BATCH);
      log.directory = new UUID(2, i % DIRECTORIES);
      log.storedBytes = STORED;
      logs.put(partition, log);
      replicas.put(partition, new Replica());
      subscribe(partition);
    }
    settle();
  }

  int movedOver() {
    return movedOver;
  }

  int lostConnections() {
    return lostConnections;
  }

  private static MillraceError fenced() {
    return new MillraceError(ErrorCode.FENCED_LEADER_EPOCH, "another epoch");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }

  private TopicIdPartition anyPartition() {
    return new TopicIdPartition(new UUID(1, 1), random.nextInt(PARTITIONS));
  }

  private void advanced(TopicIdPartition partition) {
    wires.values().forEach(wire -> wire.advance(partition));
  }

  /** One thing happens. */
  void step() {
    nowMs += random.nextInt(15);
    int dice = random.nextInt(100);
    if (dice < 15 && !healed) {
      TopicIdPartition partition = anyPartition();
      FakeLog log = logs.get(partition).append(1 + random.nextInt(4));
      if (!log.inSync) {
        log.highWatermark = log.logEnd;
      }
      advanced(partition);
    } else if (dice < 17 && !healed) {
      newEpoch(anyPartition());
    } else if (dice < 18 && !healed) {
      cut();
    } else if (dice < 21 && !healed) {
      logs.get(anyPartition()).inSync = false;
    } else if (dice < 38 && !shard.isEmpty()) {
      shard.remove().run();
      settle();
    } else {
      moveFrames();
    }
    tick();
  }

  private void moveFrames() {
    for (Wire wire : List.copyOf(wires.values())) {
      int dice = random.nextInt(4);
      if (wire.cut) {
        hearOfTheCut(wire, dice);
      }
      if (dice < 2 && !wire.leaderKnows) {
        wire.send();
      }
      if (dice < 3) {
        wire.read();
      }
      if (dice == 1 || dice == 2) {
        wire.deliverToLeader();
      }
      if (dice != 1) {
        wire.deliverToFollower();
      }
    }
  }

  private void hearOfTheCut(Wire wire, int dice) {
    boolean soon = random.nextInt(20) == 0;
    if (dice == 0 && soon && !wire.followerKnows) {
      wire.followerKnows = true;
      follower.lost(wire.number, nowMs, followerEffects);
      settle();
    } else if (dice == 1 && soon && !wire.leaderKnows) {
      wire.link.close(wire.effects);
      wire.leaderKnows = true;
      wire.carryOut();
    }
  }

  private void cut() {
    for (Wire wire : List.copyOf(wires.values())) {
      if (!wire.cut) {
        lostConnections++;
        wire.cut = true;
        while (!wire.toLeader.isEmpty() && random.nextBoolean()) {
          wire.toLeader.removeLast();
        }
        while (!wire.toFollower.isEmpty() && random.nextBoolean()) {
          wire.toFollower.removeLast();
        }
        if (random.nextInt(3) == 0 && !wire.followerKnows) {
          // What came before is delivered late.
          wire.followerKnows = true;
          follower.lost(wire.number, nowMs, followerEffects);
        }
      }
    }
    settle();
  }

  /** A new leader epoch of the same leader; the follower hears of it some time. */
  private void newEpoch(TopicIdPartition partition) {
    FakeLog log = logs.get(partition);
    int epoch = log.leaderEpoch.orElseThrow() + 1;
    log.leaderEpoch = Optional.of(epoch);
    wires.values().forEach(wire -> wire.endAll(partition));
    shard.add(
        () -> {
          Replica replica = replicas.get(partition);
          if (!replica.over) {
            follower.unsubscribe(partition, replica.attempt, nowMs, followerEffects);
          }
          replica.leaderEpoch = epoch;
          subscribe(partition);
        });
  }

  private void subscribe(TopicIdPartition partition) {
    Replica replica = replicas.get(partition);
    replica.attempt++;
    replica.over = false;
    replica.subscribed = false;
    follower.subscribe(
        partition,
        new FollowingEffect.Subscribe(
            replica.attempt, 1, replica.leaderEpoch, replica.logEnd, replica.logEnd == 0 ? -1 : 1),
        nowMs,
        followerEffects);
  }

  private void tick() {
    if (follower.dueMs() <= nowMs) {
      follower.tick(nowMs, followerEffects);
      settle();
    }
    for (Wire wire : wires.values()) {
      if (!wire.leaderKnows && wire.link.dueMs() <= nowMs) {
        wire.link.tick(nowMs, wire.effects);
        wire.carryOut();
      }
    }
  }

  private void settle() {
    carryOut();
    follower.settle(nowMs, followerEffects);
    carryOut();
  }

  private void carryOut() {
    for (int i = 0; i < followerEffects.size(); i++) {
      FollowerEffect effect = followerEffects.get(i);
      if (effect instanceof FollowerEffect.Connect connect) {
        wires.put(connect.stream(), new Wire(connect.stream()));
      } else if (effect instanceof FollowerEffect.Send send) {
        Wire wire = wires.get(send.stream());
        if (!wire.cut) {
          wire.toLeader.add(send.frame());
        }
      } else if (effect instanceof FollowerEffect.Disconnect disconnect) {
        wires.get(disconnect.stream()).cut = true;
        wires.get(disconnect.stream()).followerKnows = true;
      } else if (effect instanceof FollowerEffect.Tell tell) {
        long stream = delivering;
        shard.add(() -> tellFollower(tell, stream));
      } else if (effect instanceof FollowerEffect.Drop drop) {
        follower.used(delivering, drop.records().bytes());
      }
    }
    followerEffects.clear();
  }

  private void tellFollower(FollowerEffect.Tell tell, long stream) {
    Replica replica = replicas.get(tell.partition());
    if (tell.event() instanceof FollowingEvent.Subscribed begin) {
      if (begin.attempt() == replica.attempt) {
        replica.subscribed = true;
        replica.highWatermark = Math.min(begin.highWatermark(), replica.logEnd);
      }
    } else if (tell.event() instanceof FollowingEvent.SubscriptionEnded end) {
      if (end.attempt() == replica.attempt) {
        require(!replica.over, "an attempt ended twice: " + end);
        replica.over = true;
        subscribe(tell.partition());
      }
    } else if (tell.event() instanceof FollowingEvent.ReplicatedBatches batches) {
      FakeRecords records = (FakeRecords) batches.batches();
      follower.used(stream, records.bytes());
      if (batches.attempt() == replica.attempt) {
        require(replica.subscribed, "records before the subscription: " + batches);
        require(batches.prevEndOffset() == replica.logEnd, "a gap: " + batches);
        require(records.first() == replica.logEnd, "not where they belong: " + batches);
        replica.logEnd = records.next();
        replica.highWatermark = Math.min(batches.highWatermark(), replica.logEnd);
        follower.acknowledge(
            tell.partition(),
            new FollowingEffect.Acknowledge(replica.attempt, replica.logEnd, replica.logEnd, 0));
      }
    } else if (tell.event() instanceof FollowingEvent.WatermarksMoved moved) {
      if (moved.attempt() == replica.attempt) {
        replica.highWatermark = Math.min(moved.highWatermark(), replica.logEnd);
      }
    }
  }

  /** Nothing more breaks: the follower gets everything. */
  void heal() {
    healed = true;
    for (int i = 0; i < 20_000 && !isComplete(); i++) {
      step();
    }
    logs.forEach(
        (partition, log) -> {
          Replica replica = replicas.get(partition);
          require(
              replica.logEnd == log.logEnd && replica.highWatermark == log.logEnd,
              "partition %s: the follower has %d, its high watermark is %d (expected: %d)"
                  .formatted(partition, replica.logEnd, replica.highWatermark, log.logEnd));
        });
  }

  private boolean isComplete() {
    return logs.entrySet().stream()
        .allMatch(
            each -> {
              Replica replica = replicas.get(each.getKey());
              long end = each.getValue().logEnd;
              return replica.logEnd == end && replica.highWatermark == end;
            });
  }
}
