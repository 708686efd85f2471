package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.common.FlushMode;
import io.millrace.common.TimestampType;
import io.millrace.common.file.FaultPlan.Operation;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** S34: what the flush thread of a log directory does when a sync fails. */
class FlusherTest {
  private final List<LogDirException> failures = new CopyOnWriteArrayList<>();
  private final List<String> done = new CopyOnWriteArrayList<>();
  private final Flusher flusher =
      new Flusher(
          "flush-test",
          failures::add,
          (message, cause) -> new IllegalStateException(message, cause));

  /** A log of its own disk, so that no other net catches what the flusher lets through. */
  private static RuntimeHarness log() {
    return new RuntimeHarness(
        LogConfig.DEFAULT.toBuilder().flushMode(FlushMode.COMMIT).build(),
        TimestampType.CREATE_TIME);
  }

  @Test
  void S34_afterAFailedSyncNothingIsSyncedAndTheFailureIsToldOnce() {
    RuntimeHarness failing = log();
    RuntimeHarness other = log();
    failing.faults.on(Operation.FORCE).failOnce("Input/output error");
    FlushTicket well = other.log.prepareFlush();
    FlushTicket late = other.log.prepareFlush();

    flusher.run(well, () -> done.add("before"));
    flusher.run(failing.log.prepareFlush(), () -> done.add("failed"));
    flusher.run(late, () -> done.add("after"));
    flusher.start();
    flusher.close();

    assertThat(done).containsExactly("before");
    assertThat(failures).hasSize(1);
    assertThat(failures.get(0)).hasMessageContaining("Input/output error");
  }

  @Test
  void whatComesAfterAFailureIsNotRunEither() {
    RuntimeHarness failing = log();
    failing.faults.on(Operation.FORCE).failOnce("Input/output error");
    flusher.start();
    flusher.run(failing.log.prepareFlush(), () -> done.add("failed"));
    await().until(() -> !failures.isEmpty());

    flusher.run(log().log.prepareFlush(), () -> done.add("after"));
    flusher.close();

    assertThat(done).isEmpty();
  }
}
