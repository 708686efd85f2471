package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.SystemClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** S32: compaction moves no more bytes a second than it may. */
class CleaningThrottleTest {
  private static final int BYTES_PER_SECOND = 10_000;

  private final SystemClock clock = new SystemClock();

  @Test
  void S32_whatWasMovedIsPaidByWaiting() {
    CleaningThrottle throttle = new CleaningThrottle(clock, BYTES_PER_SECOND);
    long began = clock.monotonicNanos();

    for (int i = 0; i < 3; i++) {
      throttle.moved(BYTES_PER_SECOND / 10, () -> false);
    }

    assertThat(clock.monotonicNanos() - began)
        .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(290));
  }

  @Test
  void S32_aCleaningThatMustEndWaitsNoMore() throws Exception {
    CleaningThrottle throttle = new CleaningThrottle(clock, 1);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger looks = new AtomicInteger();
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(
            () ->
                throttle.moved(
                    1_000_000,
                    () -> {
                      looks.incrementAndGet();
                      return over.get();
                    }));
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> looks.get() > 1);
    assertThat(waiting).isNotDone();

    over.set(true);

    waiting.get(20, TimeUnit.SECONDS);
  }

  @Test
  void S32_nobodyWaitsOnceTheBrokerEnds() throws Exception {
    CleaningThrottle throttle = new CleaningThrottle(clock, 1);
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(() -> throttle.moved(1_000_000, () -> false));

    throttle.open();

    waiting.get(20, TimeUnit.SECONDS);
  }
}
