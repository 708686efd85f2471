package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.PartitionFiles;
import io.millrace.common.Acks;
import io.millrace.common.FlushMode;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.MemoryFileStore;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** S14: what a directory says of its acknowledged records is true whenever the power fails. */
class SyncedMarkTest {
  private static final Path MARK = Path.of("/data/orders-0", PartitionFiles.SYNCED_MARK);

  @Test
  void S14_theMarkIsThereFromTheBeginningUnderCommitOnly() {
    assertThat(marked(RuntimeHarness.leading(FlushMode.COMMIT).crashed(1))).isTrue();
    assertThat(marked(RuntimeHarness.leading(FlushMode.OS).crashed(1))).isFalse();
  }

  @Test
  void S14_nothingIsAcknowledgedUnsyncedBeforeTheMarkIsGone() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.COMMIT);
    harness.runtime.lossKnown();
    harness.finish();

    harness.reconfigure(FlushMode.OS);
    ProduceCommand command = harness.produce(Batches.of("a"), Acks.LEADER);
    harness.finish();
    assertThat(harness.answers).isEmpty();
    harness.runTasks();

    assertThat(harness.answers).containsKey(command);
    assertThat(marked(harness.crashed(1))).isFalse();
    harness.produce(Batches.of("b"), Acks.ALL);
    harness.finish();
    assertThat(harness.answers).as("without a sync from then on").hasSize(2);
    assertThat(harness.tasks).isEmpty();
  }

  @Test
  void S14_theMarkComesBackWhenAllThatWasAcknowledgedIsDurable() {
    RuntimeHarness harness = RuntimeHarness.leading(FlushMode.OS);
    harness.runtime.lossKnown();
    harness.produce(Batches.of("a"), Acks.ALL);
    harness.finish();
    harness.reconfigure(FlushMode.COMMIT);
    // S02: until all that was there at the change is durable, what is appended is acknowledged.
    ProduceCommand between = harness.produce(Batches.of("b"), Acks.ALL);
    harness.finish();
    assertThat(harness.answers).containsKey(between);

    harness.runTask();
    assertThat(harness.log.durableOffset()).isEqualTo(1);
    assertThat(harness.tasks).as("another flush, and nothing else").hasSize(1);
    harness.runTask();
    assertThat(marked(harness.crashed(1))).isFalse();
    harness.runTasks();

    assertThat(harness.log.durableOffset()).isEqualTo(2);
    assertThat(marked(harness.crashed(1))).isTrue();
  }

  @Test
  void S14_theMarkStaysAsItWasFoundUntilTheLossOfTheBootIsKnown() {
    RuntimeHarness commit = RuntimeHarness.leading(FlushMode.COMMIT);
    RuntimeHarness os = RuntimeHarness.leading(FlushMode.OS);
    for (RuntimeHarness before : new RuntimeHarness[] {commit, os}) {
      FlushMode other = before == commit ? FlushMode.OS : FlushMode.COMMIT;
      boolean wasMarked = before == commit;
      RuntimeHarness after = RuntimeHarness.on(before.crashed(1), other);
      after.becomeLeader(1);
      after.produce(Batches.of("a"), Acks.ALL);
      after.finish();
      after.runTasks();
      assertThat(after.answers).hasSize(1);
      assertThat(after.log.durableOffset()).isEqualTo(1);
      assertThat(marked(after.crashed(1))).isEqualTo(wasMarked);

      after.runtime.lossKnown();
      after.finish();
      after.runTasks();
      assertThat(marked(after.crashed(1))).isEqualTo(!wasMarked);
    }
  }

  @Test
  void S14_theMarkComesBackWithoutAnAppend() {
    RuntimeHarness before = RuntimeHarness.leading(FlushMode.OS);
    before.produce(Batches.of("a"), Acks.ALL);
    before.finish();
    RuntimeHarness after = RuntimeHarness.on(before.killed(), FlushMode.COMMIT);

    after.runtime.lossKnown();
    after.finish();
    after.runTasks();

    assertThat(after.log.durableOffset()).isEqualTo(1);
    assertThat(marked(after.crashed(1))).isTrue();
  }

  @Test
  void S14_aDirectoryWithTheMarkHasAllThatWasAcknowledgedWheneverThePowerFails() {
    for (long seed = 0; seed < 60; seed++) {
      new Run(seed).run();
    }
  }

  private static boolean marked(MemoryFileStore disk) {
    return disk.exists(MARK);
  }

  /** Appends, changes of the setting and tasks in any order; the power may fail at each access. */
  private static final class Run {
    private final long seed;
    private final Random random;
    private final RuntimeHarness harness;
    private Optional<LogTask> ran = Optional.empty();
    private long acknowledged;

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      this.harness = RuntimeHarness.leading(random.nextBoolean() ? FlushMode.OS : FlushMode.COMMIT);
      harness
          .faults
          .on(
              Operation.WRITE,
              Operation.FORCE,
              Operation.RENAME,
              Operation.DELETE,
              Operation.FORCE_DIRECTORY)
          .run(this::powerFails);
    }

    void run() {
      for (int step = 0; step < 60; step++) {
        int choice = random.nextInt(10);
        if (choice < 4) {
          harness.produce(Batches.of("v"), random.nextBoolean() ? Acks.ALL : Acks.LEADER);
        } else if (choice < 5) {
          FlushMode mode = random.nextBoolean() ? FlushMode.OS : FlushMode.COMMIT;
          harness.reconfigure(mode);
        } else if (choice < 8) {
          runOrHandBack();
        } else if (choice == 8) {
          harness.runtime.lossKnown();
        }
        if (random.nextBoolean()) {
          harness.finish();
        }
        acknowledged = Math.max(acknowledged, harness.runtime.view().highWatermark());
        powerFails();
      }
      ran.ifPresent(harness::handBack);
      settle(FlushMode.COMMIT, true);
      settle(FlushMode.OS, false);
    }

    /** Records may come between the two. */
    private void runOrHandBack() {
      if (ran.isPresent()) {
        harness.handBack(ran.get());
        ran = Optional.empty();
      } else if (!harness.tasks.isEmpty()) {
        ran = Optional.of(harness.runOnly());
      }
    }

    private void settle(FlushMode mode, boolean marked) {
      harness.runtime.lossKnown();
      harness.finish();
      harness.reconfigure(mode);
      harness.runTasks();
      assertThat(marked(harness.crashed(seed))).as("seed %d, %s", seed, mode).isEqualTo(marked);
    }

    private void powerFails() {
      MemoryFileStore left = harness.crashed(random.nextLong());
      if (marked(left)) {
        long end = RuntimeHarness.on(left, FlushMode.OS).log.logEndOffset();
        assertThat(end).as("log end, seed %d", seed).isGreaterThanOrEqualTo(acknowledged);
      }
    }
  }
}
