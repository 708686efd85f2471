package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.common.time.SystemClock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class ShardTest {
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private final Shard shard =
      new Shard(
          "shard-of-a-test",
          ShardLimits.DEFAULT,
          new SystemClock(),
          (message, cause) -> {
            faults.add(new IllegalStateException(message, cause));
            return new IllegalStateException(message, cause);
          });

  /** What was to be told would wait, for nobody knows how long. */
  @Test
  void whatThrowsAfterTheRunsIsABrokenInvariantAsInThem() {
    shard.start();
    shard.post(
        () ->
            shard.afterRuns(
                () -> {
                  throw new IllegalStateException("a defect");
                }));

    // The fault ends the thread as well, which is no news to this test.
    await().dontCatchUncaughtExceptions().until(() -> !faults.isEmpty());
    assertThat(faults)
        .singleElement()
        .satisfies(it -> assertThat(it).hasRootCauseMessage("a defect"));
    shard.close();
  }
}
