package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.GroupAnswer.Refused;
import io.millrace.broker.group.core.GroupCommand.CommitOffsets;
import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.GroupCommand.Leave;
import io.millrace.broker.group.core.GroupCommand.MemberProfile;
import io.millrace.broker.group.core.GroupCommand.OffsetToCommit;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A member that plays by the rules, on a bad network and a machine that stalls: what it owns by
 * what it was told, until it gives it up, or its session is over by its own clock.
 */
final class ModelMember {
  static final int SESSION_MS = 6_000;
  static final int REBALANCE_MS = 3_000;
  private static final long COMMIT_FORGOTTEN_MS = 10_000;
  private static final List<Subscription> SUBSCRIPTIONS =
      List.of(
          new Subscription(new TreeSet<>(List.of("a")), ""),
          new Subscription(new TreeSet<>(List.of("a", "b")), ""),
          new Subscription(new TreeSet<>(List.of("a")), "b.*"),
          new Subscription(new TreeSet<>(List.of("b", "never")), "a|c"));

  private final GroupWorld world;
  private final Random random;
  private final String name;
  private final String instance;

  String id;
  boolean dead;
  private int lives;
  private Subscription subscription = SUBSCRIPTIONS.get(1);

  /** What was told of the member's state; 0 for one that is to join. */
  int epoch;

  final TreeSet<TopicIdPartition> owned = new TreeSet<>(Partitions.ORDER);

  /** A part of {@code owned} that is to be given up until {@code giveUpByMs}. */
  private final TreeSet<TopicIdPartition> leaving = new TreeSet<>(Partitions.ORDER);

  private long giveUpByMs;

  /** When the session is over by the member's own clock. */
  private long sessionEndMs;

  /** Whether the coordinator may not know {@code owned}: after a join, and when it changed. */
  private boolean ownedToTell = true;

  private long pausedUntilMs;
  private boolean slow;
  private long requests;
  private GroupWorld.@Nullable Stream stream;
  private boolean wantsStream;
  private final Map<TopicIdPartition, Long> positions = new HashMap<>();

  /** Which commit may still be on its way; 0 for none. */
  private long commitOut;

  private long commits;

  ModelMember(GroupWorld world, String name, String instance) {
    this.world = world;
    this.random = world.random;
    this.name = name;
    this.instance = instance;
    this.id = name;
    this.wantsStream = random.nextBoolean();
    world.after(random.nextInt(500), this::beatAgain);
    world.after(random.nextInt(500), this::commitAgain);
  }

  /** Whether the member, by what it knows, may read the partition now. */
  boolean believesToOwn(TopicIdPartition partition) {
    return isIn() && owned.contains(partition);
  }

  private boolean isIn() {
    boolean tooSlow = !leaving.isEmpty() && world.nowMs() >= giveUpByMs;
    return !dead && epoch > 0 && world.nowMs() < sessionEndMs && !tooSlow;
  }

  // ---- heartbeats

  private void beatAgain() {
    beat();
    world.after(300 + random.nextInt(900), this::beatAgain);
  }

  private void beat() {
    if (dead || world.nowMs() < pausedUntilMs) {
      return;
    }
    if (epoch > 0 && !isIn()) {
      lose();
    }
    boolean tellOwned = epoch > 0 && ownedToTell;
    SortedSet<TopicIdPartition> told = Partitions.sorted(owned);
    long sentMs = world.nowMs();
    int ofLife = lives;
    long request = ++requests;
    openStream(ofLife);
    Heartbeat heartbeat =
        new Heartbeat(
            GroupWorld.GROUP,
            id,
            epoch,
            new MemberProfile(instance, "", "client", "host", REBALANCE_MS, SESSION_MS),
            Optional.of(subscription),
            Optional.of("uniform"),
            tellOwned ? Optional.of(told) : Optional.empty(),
            Optional.ofNullable(stream));
    if (stream != null) {
      GroupWorld.Stream on = stream;
      world.sendOn(on, heartbeat, answer -> answered(ofLife, heartbeat, sentMs, answer));
    } else {
      world.send(
          heartbeat,
          true,
          answer -> {
            if (request == requests) {
              answered(ofLife, heartbeat, sentMs, answer);
            }
          });
    }
  }

  private void openStream(int ofLife) {
    if (wantsStream && stream == null) {
      stream =
          new GroupWorld.Stream(
              pushed -> {
                if (lives == ofLife && !dead && world.nowMs() >= pausedUntilMs) {
                  heard(pushed);
                }
              });
    }
  }

  private void answered(int ofLife, Heartbeat heartbeat, long sentMs, GroupAnswer answer) {
    if (lives != ofLife || dead || world.nowMs() < pausedUntilMs) {
      return;
    }
    if (epoch != 0 && !isIn()) {
      lose();
      return;
    }
    if (heartbeat.memberEpoch() == 0 && epoch != 0) {
      return;
    }
    if (epoch == 0 && heartbeat.memberEpoch() != 0) {
      return;
    }
    if (answer instanceof MemberState) {
      sessionEndMs = Math.max(sessionEndMs, sentMs + SESSION_MS);
      if (epoch == 0) {
        sessionEndMs = sentMs + SESSION_MS;
      }
      if (heartbeat.owned().isPresent() && heartbeat.owned().get().equals(owned)) {
        ownedToTell = false;
      }
    } else if (answer instanceof Refused refused
        && refused.error().code() == ErrorCode.FENCED_MEMBER_EPOCH
        && heartbeat.memberEpoch() == epoch) {
      world.invariants.fenced(this, refused.error());
    }
    heard(answer);
  }

  private void heard(GroupAnswer answer) {
    if (answer instanceof MemberState state) {
      apply(state);
    } else if (answer instanceof Refused refused && !refused.error().code().retriable()) {
      lose();
      closeStream();
    }
  }

  private void apply(MemberState state) {
    if (world.nowMs() >= sessionEndMs || state.memberEpoch() < epoch) {
      return;
    }
    if (state.assigned().isEmpty()) {
      world.invariants.expect(
          state.memberEpoch() == epoch, id + " was told an epoch without its partitions");
      return;
    }
    epoch = state.memberEpoch();
    SortedSet<TopicIdPartition> assigned = state.assigned().get();
    SortedSet<TopicIdPartition> before = Partitions.sorted(leaving);
    leaving.clear();
    owned.stream().filter(partition -> !assigned.contains(partition)).forEach(leaving::add);
    ownedToTell |= !assigned.equals(owned);
    owned.addAll(assigned);
    if (!before.containsAll(leaving)) {
      giveUpByMs = world.nowMs() + REBALANCE_MS;
    }
    List.copyOf(leaving).forEach(this::giveUpSoon);
  }

  private void giveUpSoon(TopicIdPartition partition) {
    int ofLife = lives;
    int ofEpoch = epoch;
    world.after(
        random.nextInt(slow ? 2 * REBALANCE_MS : 400),
        () -> {
          boolean same = lives == ofLife && epoch == ofEpoch && leaving.contains(partition);
          if (same && world.nowMs() >= pausedUntilMs && isIn()) {
            leaving.remove(partition);
            owned.remove(partition);
            positions.remove(partition);
            ownedToTell = true;
            beat();
          } else if (same && isIn()) {
            giveUpSoon(partition);
          }
        });
  }

  private void lose() {
    epoch = 0;
    owned.clear();
    leaving.clear();
    positions.clear();
    ownedToTell = true;
    requests++;
    closeStream();
  }

  // ---- commits

  private void commitAgain() {
    commit();
    world.after(200 + random.nextInt(700), this::commitAgain);
  }

  private void commit() {
    if (!isIn() || world.nowMs() < pausedUntilMs || commitOut != 0) {
      return;
    }
    List<OffsetToCommit> offsets = new ArrayList<>();
    for (TopicIdPartition partition : owned) {
      Long position = positions.get(partition);
      Long from = position != null ? position : world.committedOffset(partition);
      if (from != null && random.nextInt(3) > 0) {
        long next = from + 1 + random.nextInt(5);
        positions.put(partition, next);
        offsets.add(new OffsetToCommit(partition, next, 0, ""));
      }
    }
    if (offsets.isEmpty()) {
      return;
    }
    long number = ++commits;
    commitOut = number;
    CommitOffsets commit = new CommitOffsets(GroupWorld.GROUP, id, epoch, offsets);
    if (!world.calm && world.chance(25)) {
      // Stuck in some queue, until long after the member may have lost the partitions.
      world.after(
          random.nextInt(20_000), () -> world.send(commit, false, answer -> forgetCommit(number)));
    } else {
      world.send(commit, false, answer -> forgetCommit(number));
    }
    world.after(3 * COMMIT_FORGOTTEN_MS, () -> forgetCommit(number));
  }

  private void forgetCommit(long number) {
    if (commitOut == number) {
      commitOut = 0;
    }
  }

  // ---- what goes wrong

  void mishap() {
    int kind = random.nextInt(100);
    if (dead) {
      revive();
    } else if (kind < 20) {
      die();
    } else if (kind < 35) {
      leave();
    } else if (kind < 60) {
      pausedUntilMs = world.nowMs() + random.nextInt(12_000);
    } else if (kind < 75) {
      closeStream();
      wantsStream = !wantsStream;
    } else if (kind < 90) {
      subscription = SUBSCRIPTIONS.get(random.nextInt(SUBSCRIPTIONS.size()));
    } else {
      slow = !slow;
    }
  }

  void calmDown() {
    pausedUntilMs = 0;
    slow = false;
  }

  void streamLost() {
    if (stream != null) {
      stream.over = true;
      stream = null;
    }
  }

  private void closeStream() {
    if (stream != null) {
      world.close(stream);
      stream = null;
    }
  }

  private void die() {
    dead = true;
    lose();
  }

  private void leave() {
    Leave leave = new Leave(GroupWorld.GROUP, id, epoch, random.nextBoolean());
    die();
    world.send(leave, true, answer -> {});
  }

  private void revive() {
    lives++;
    dead = false;
    pausedUntilMs = 0;
    id = name + "-" + lives;
  }

  Subscription subscription() {
    return subscription;
  }

  @Override
  public String toString() {
    return id + " epoch " + epoch + " " + owned;
  }
}
