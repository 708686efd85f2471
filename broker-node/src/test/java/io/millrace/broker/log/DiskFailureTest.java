package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.MemoryFileStore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** S34: what a log does when its disk fails. */
class DiskFailureTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.toBuilder().segmentBytes(1_000).indexIntervalBytes(150).build();

  private final FaultPlan plan = new FaultPlan();
  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(new FaultyFileStore(disk, plan), CONFIG);

  @Test
  void S34_aFailedForceIsNeverRetried() {
    test.append("a");
    plan.on(Operation.FORCE).failOnce("Input/output error");
    FlushTicket ticket = test.log.prepareFlush();

    assertThatThrownBy(ticket::run)
        .isInstanceOfSatisfying(
            LogDirException.class,
            failure -> assertThat(failure.partitionDirectory()).isEqualTo(TestLog.DIRECTORY))
        .hasMessageContaining("force segment 0")
        .hasMessageContaining("Input/output error");

    AtomicInteger forces = new AtomicInteger();
    plan.on(Operation.FORCE).run(forces::incrementAndGet);
    assertThatThrownBy(ticket::run).isInstanceOf(LogDirException.class);
    assertThatThrownBy(test.log::prepareFlush).isInstanceOf(LogDirException.class);
    assertThatThrownBy(() -> test.append("b")).isInstanceOf(LogDirException.class);
    assertThatThrownBy(test.log::close).isInstanceOf(LogDirException.class);
    assertThat(forces).hasValue(0);
    assertThat(test.log.durableOffset()).isZero();
  }

  @Test
  void S34_aFullDiskFailsTheAppendAndNothingOfItIsSeen() {
    test.append("kept");
    test.flush();
    plan.on(Operation.WRITE).path("**.log").writeShort(20);

    assertThatThrownBy(() -> test.append("lost")).isInstanceOf(LogDirException.class);

    assertThat(test.log.logEndOffset()).isEqualTo(1);
    assertThat(test.values(0)).containsExactly("kept");
    assertThatThrownBy(() -> test.append("more")).isInstanceOf(LogDirException.class);
    test.log.abandon();
    test.store = disk;
    test.reopen(false);
    assertThat(test.values(0)).containsExactly("kept");
    assertThat(test.log.recovery().cutBytes()).isEqualTo(20);
    assertThat(test.log.recovery().unclean()).isFalse();
  }

  @Test
  void S34_losesNothingDurableWhicheverOperationFails() {
    long operations = script(Long.MAX_VALUE);
    for (long fail = 0; fail < operations; fail++) {
      script(fail);
    }
  }

  /**
   * Appends, rolls, flushes, cuts and deletes, with one operation failing and all after it; then
   * power is lost.
   *
   * @return how many operations there were
   */
  private static long script(long failing) {
    FaultPlan plan = new FaultPlan();
    MemoryFileStore disk = TestLog.emptyDisk();
    TestLog test = new TestLog(new FaultyFileStore(disk, plan), CONFIG);
    long before = plan.operations();
    if (failing < Long.MAX_VALUE) {
      plan.on().skip(failing).failFromThenOn("Input/output error");
    }
    long durable = 0;
    boolean failed = false;
    try {
      for (int i = 0; i < 14; i++) {
        test.append(3L, 0, i, "v" + i + "-".repeat(90));
        if (i % 5 == 4) {
          test.flush();
          durable = test.log.durableOffset();
        }
        if (i == 10) {
          test.moveLogStartTo(6);
          test.retain(10);
        }
      }
      test.log.close();
      durable = 14;
    } catch (LogDirException e) {
      failed = true;
    }
    assertThat(failed).isEqualTo(failing < plan.operations() - before);
    long operations = plan.operations() - before;
    TestLog after = new TestLog(disk.crashClone(failing), CONFIG);
    after.log.abandon();
    after.log = after.open(Math.max(durable, after.log.logStartOffset()), false);
    assertThat(after.log.logEndOffset()).as("failing at %d", failing).isBetween(durable, 14L);
    assertThat(after.log.recovery().unclean()).isFalse();
    long end = after.log.logEndOffset();
    for (int i = (int) after.log.logStartOffset(); i < end; i++) {
      assertThat(after.log.producers().check(3, (short) 0, i, i))
          .isEqualTo(new SequenceCheck.Duplicate(i, i, -1));
    }
    assertThat(after.values(after.log.logStartOffset()))
        .hasSize((int) (end - after.log.logStartOffset()));
    return operations;
  }
}
