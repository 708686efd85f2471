package io.millrace.broker.replica.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories against a model that knows the rules in their plainest form (S02, S03, S06, S07,
 * S08, S28, S28b). A failure names its seed: run it again through {@link #runSeed}.
 */
class PartitionCorePropertyTest {
  private static final int SEEDS = 400;
  private static final int EVENTS = 400;

  static LongStream seeds() {
    return LongStream.range(0, SEEDS / 20);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyHistoryKeepsTheInvariants(long block) {
    for (long seed = block * 20; seed < block * 20 + 20; seed++) {
      runSeed(seed);
    }
  }

  private static void runSeed(long seed) {
    try {
      new History(seed).run();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    }
  }

  private record Asked(
      CoreDriver.Token token, BatchFacts batch, Acks acks, long pipeline, boolean durableMode) {
    /** What is left of it when its pipeline is closed: its failure stops nothing. */
    Asked closed() {
      return new Asked(token, batch, acks, PartitionEvent.NO_PIPELINE, durableMode);
    }
  }

  private static final class History {
    private final SplittableRandom random;
    private final boolean replicated;
    private final CoreDriver driver;
    private final Map<RequestToken, Asked> asked = new HashMap<>();
    private final List<RequestToken> deletesAsked = new ArrayList<>();
    private final Map<Long, Integer> nextSequence = new HashMap<>();
    private final Map<Integer, long[]> followers = new HashMap<>();
    private final Set<Long> stoppedPipelines = new HashSet<>();
    private boolean durable;
    private boolean everChangedMode;
    private long durableOffset;
    private int leaderEpoch;
    private int partitionEpoch;
    private Set<Integer> isr;
    private Set<Integer> maximalIsr;
    private Optional<Set<Integer>> proposed = Optional.empty();
    private int minIsr;
    private boolean leads;
    private boolean closed;
    private int seen;
    private long lastHighWatermark;

    /** Somebody was told that what is below is gone. */
    private long deletedBefore;

    History(long seed) {
      random = new SplittableRandom(seed);
      replicated = random.nextBoolean();
      durable = random.nextBoolean();
      driver =
          new CoreDriver(
              new PartitionSettings(durable ? FlushMode.COMMIT : FlushMode.OS, true),
              new LogPositions(0, 0, 0),
              random.nextInt(100, 1_000));
      driver.eligible(2, 3);
      isr = replicated ? Set.of(1, 2, 3) : Set.of(1);
      maximalIsr = isr;
      minIsr = replicated ? 2 : 1;
    }

    void run() {
      for (int i = 0; i < EVENTS && !closed; i++) {
        step();
        check();
      }
      driver.on(new PartitionEvent.Close(new MillraceError(ErrorCode.NOT_LEADER, "stop")));
      assertThat(driver.answers.keySet()).as("all are answered").isEqualTo(asked.keySet());
      assertThat(driver.deletes.keySet()).containsAll(deletesAsked);
    }

    private void step() {
      driver.nowMs += random.nextInt(20);
      int dice = random.nextInt(100);
      if (dice < 50) {
        produce();
      } else if (dice < 62) {
        flush();
      } else if (dice < 74) {
        followerAcknowledges();
      } else if (dice < 80) {
        driver.on(new PartitionEvent.Tick());
      } else if (dice < 85) {
        resumePipeline();
      } else if (dice < 88) {
        deletesAsked.add(
            driver.deleteRecords(random.nextLong(driver.core.highWatermark() + 3) - 1));
      } else if (dice < 91) {
        changeIsr();
      } else if (dice < 94) {
        changeLeadership();
      } else if (dice < 96) {
        changeMode();
      } else if (dice == 96 && random.nextInt(10) == 0) {
        driver.on(
            new PartitionEvent.LogDirOffline(new MillraceError(ErrorCode.LOG_DIR_OFFLINE, "x")));
        leads = false;
        closed = true;
      }
    }

    private void produce() {
      long producer = random.nextInt(4) - 1;
      int records = 1 + random.nextInt(5);
      BatchFacts batch = BatchFacts.plain(records);
      if (producer >= 0) {
        int next = nextSequence.getOrDefault(producer, 0);
        int choice = random.nextInt(10);
        int base = choice == 0 ? next + 1 : choice == 1 ? Math.max(0, next - 1) : next;
        batch = CoreDriver.sequenced(producer, 0, base, records);
      }
      Acks acks = Acks.values()[random.nextInt(3)];
      long pipeline = random.nextInt(3);
      int epoch = random.nextInt(20) == 0 ? leaderEpoch + random.nextInt(3) - 1 : -1;
      long logEnd = driver.logEndOffset;
      int before = driver.history.size();
      var token = driver.produce(batch, acks, epoch, pipeline, driver.nowMs + random.nextInt(200));
      asked.put(token, new Asked(token, batch, acks, pipeline, durable));
      boolean appended = driver.logEndOffset > logEnd;
      if (appended && batch.hasProducerId()) {
        nextSequence.put(producer, batch.lastSequence() + 1);
      }
      if (appended) {
        assertThat(stoppedPipelines)
            .as("a stopped pipeline appends nothing")
            .doesNotContain(pipeline);
        assertThat(leads).isTrue();
        assertThat(acks == Acks.ALL && isr.size() < minIsr).as("S06").isFalse();
        assertThat(epoch == -1 || epoch == leaderEpoch).as("S11").isTrue();
      }
      assertThat(driver.history.size()).isGreaterThanOrEqualTo(before);
    }

    private void flush() {
      if (driver.logEndOffset > durableOffset) {
        durableOffset += 1 + random.nextLong(driver.logEndOffset - durableOffset);
      }
      driver.on(new PartitionEvent.Flushed(durableOffset));
    }

    private void followerAcknowledges() {
      if (!replicated || !leads) {
        return;
      }
      int id = 2 + random.nextInt(2);
      int choice = random.nextInt(20);
      boolean subscribed = driver.subscriptions.containsKey(id);
      if (choice == 0 && subscribed) {
        driver.on(new LeadingEvent.FollowerGone(driver.subscriptions.remove(id)));
      } else if (choice == 1 || !subscribed) {
        long from = driver.core.logStartOffset();
        long position = from + random.nextLong(driver.logEndOffset - from + 1);
        SubscribeAnswer answer =
            position == from
                ? driver.subscribe(id, 1, position, -1)
                : driver.subscribe(id, position);
        assertThat(answer).isInstanceOf(SubscribeAnswer.Accepted.class);
        followers.put(id, new long[] {position, 0, 0});
      } else {
        long[] position = followers.get(id);
        position[0] += random.nextLong(driver.logEndOffset - position[0] + 1);
        position[1] += random.nextLong(position[0] - position[1] + 1);
        position[2] += random.nextLong(driver.core.logStartOffset() - position[2] + 1);
        driver.acknowledge(id, position[0], position[1], position[2]);
      }
    }

    private void resumePipeline() {
      long pipeline = 1 + random.nextInt(2);
      if (random.nextBoolean()) {
        driver.on(new PartitionEvent.ClosePipeline(pipeline));
        asked.replaceAll((token, each) -> each.pipeline == pipeline ? each.closed() : each);
      } else {
        driver.on(new PartitionEvent.ResumePipeline(pipeline, -1));
      }
      stoppedPipelines.remove(pipeline);
    }

    private void changeIsr() {
      if (!replicated || !leads) {
        return;
      }
      int choice = random.nextInt(4);
      if (choice == 0) {
        Set<Integer> next = new HashSet<>(isr);
        next.remove(2 + random.nextInt(2));
        commit(next);
      } else if (proposed.isPresent() && choice == 1) {
        maximalIsr = isr;
        proposed = Optional.empty();
        driver.on(
            new LeadingEvent.IsrAnswered(
                leaderEpoch,
                partitionEpoch,
                Optional.of(new MillraceError(ErrorCode.INELIGIBLE_REPLICA, "no")),
                false));
      } else if (proposed.isPresent()) {
        commit(proposed.get());
      }
    }

    private void commit(Set<Integer> next) {
      isr = next;
      maximalIsr = next;
      proposed = Optional.empty();
      partitionEpoch++;
      driver.on(new PartitionEvent.StateCommitted(state()));
    }

    private void proposes(LeadingEffect.ProposeIsr proposal) {
      assertThat(proposed).as("S09: one at a time").isEmpty();
      assertThat(proposal.leaderEpoch()).isEqualTo(leaderEpoch);
      assertThat(proposal.partitionEpoch()).isEqualTo(partitionEpoch);
      Set<Integer> next =
          proposal.isr().stream().map(IsrMember::brokerId).collect(Collectors.toSet());
      for (int joining : next) {
        if (joining != 1 && !isr.contains(joining)) {
          assertThat(driver.subscriptions).as("S10").containsKey(joining);
          assertThat(position(joining, 2)).as("S33").isGreaterThanOrEqualTo(deletedBefore);
        }
      }
      proposed = Optional.of(next);
      maximalIsr = new HashSet<>(isr);
      maximalIsr.addAll(next);
    }

    private LeaderState state() {
      return replicated
          ? new LeaderState(leaderEpoch, partitionEpoch, List.of(1, 2, 3), isr, minIsr)
          : new LeaderState(leaderEpoch, partitionEpoch, List.of(1), isr, minIsr);
    }

    private void changeLeadership() {
      if (leads && random.nextInt(3) == 0) {
        driver.on(new PartitionEvent.Resign(new MillraceError(ErrorCode.NOT_LEADER, "x")));
        leads = false;
        return;
      }
      leaderEpoch++;
      partitionEpoch++;
      followers.clear();
      driver.subscriptions.clear();
      proposed = Optional.empty();
      maximalIsr = isr;
      leads = true;
      driver.on(new PartitionEvent.BecomeLeader(state()));
    }

    private void changeMode() {
      durable = !durable;
      everChangedMode = true;
      driver.on(
          new PartitionEvent.SettingsChanged(
              new PartitionSettings(durable ? FlushMode.COMMIT : FlushMode.OS, true)));
    }

    private void check() {
      PartitionCore core = driver.core;
      assertThat(core.logEndOffset()).isEqualTo(driver.logEndOffset);
      assertThat(core.logStartOffset()).isLessThanOrEqualTo(core.highWatermark());
      assertThat(core.highWatermark()).isBetween(lastHighWatermark, core.logEndOffset());
      for (; seen < driver.history.size(); seen++) {
        if (driver.history.get(seen) instanceof Effect.Answer answer) {
          checkAnswer(answer);
        } else if (driver.history.get(seen) instanceof Effect.AnswerDelete answer) {
          checkDeleted(answer.outcome());
        } else if (driver.history.get(seen) instanceof LeadingEffect.ProposeIsr proposal) {
          proposes(proposal);
        }
      }
      if (core.highWatermark() > lastHighWatermark) {
        checkHighWatermarkMayHaveMoved(core.highWatermark());
      }
      lastHighWatermark = core.highWatermark();
    }

    private void checkHighWatermarkMayHaveMoved(long highWatermark) {
      assertThat(leads).isTrue();
      assertThat(isr.size()).as("S03").isGreaterThanOrEqualTo(minIsr);
      for (int id : maximalIsr) {
        long appended = id == 1 ? driver.logEndOffset : position(id, 0);
        long synced = id == 1 ? durableOffset : position(id, 1);
        assertThat(highWatermark).as("S02, replica %d", id).isLessThanOrEqualTo(appended);
        if (durable && !everChangedMode) {
          assertThat(highWatermark).as("S02 commit, replica %d", id).isLessThanOrEqualTo(synced);
        }
      }
    }

    private long position(int id, int which) {
      return followers.getOrDefault(id, new long[3])[which];
    }

    private void checkDeleted(DeleteRecordsOutcome outcome) {
      if (outcome instanceof DeleteRecordsOutcome.Deleted deleted) {
        deletedBefore = Math.max(deletedBefore, deleted.lowWatermark());
        assertThat(deletedBefore).isLessThanOrEqualTo(driver.core.logStartOffset());
        assertThat(isr.size()).as("S33").isGreaterThanOrEqualTo(minIsr);
        // All brokers live.
        for (int id : replicated ? List.of(2, 3) : List.<Integer>of()) {
          assertThat(position(id, 2))
              .as("S33, %d", id)
              .isGreaterThanOrEqualTo(deleted.lowWatermark());
        }
      }
    }

    private void checkAnswer(Effect.Answer answer) {
      Asked request = asked.get(answer.token());
      if (answer.outcome() instanceof ProduceOutcome.Failed) {
        if (request.pipeline != PartitionEvent.NO_PIPELINE) {
          stoppedPipelines.add(request.pipeline);
        }
        return;
      }
      var done = (ProduceOutcome.Acknowledged) answer.outcome();
      assertThat(done.lastOffset() - done.baseOffset() + 1).isEqualTo(request.batch.recordCount());
      if (request.acks == Acks.ALL) {
        assertThat(done.lastOffset()).as("S07").isLessThan(driver.core.highWatermark());
      }
      if (request.acks == Acks.LEADER && durable && !everChangedMode) {
        assertThat(done.lastOffset()).as("S08 commit").isLessThan(durableOffset);
      }
    }
  }
}
