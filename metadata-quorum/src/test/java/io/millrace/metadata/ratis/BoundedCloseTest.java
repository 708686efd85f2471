package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class BoundedCloseTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final AtomicBoolean closed = new AtomicBoolean();

  @Test
  void whatClosesIsWaitedFor() {
    assertThat(new BoundedClose(LONG).close(() -> closed.set(true))).isTrue();
    assertThat(closed).isTrue();
  }

  @Test
  void whatWaitsForEverIsInterruptedAndClosesThen() {
    assertThat(new BoundedClose(Duration.ofMillis(100)).close(this::waitsUnlessInterrupted))
        .isFalse();
    Awaitility.await().untilTrue(closed);
  }

  @Test
  void whatHeedsNoInterruptIsLeft() {
    CountDownLatch end = new CountDownLatch(1);
    assertThat(new BoundedClose(Duration.ofMillis(100)).close(() -> waitsAlways(end))).isFalse();
    assertThat(closed).isFalse();
    end.countDown();
    Awaitility.await().untilTrue(closed);
  }

  @Test
  void whatFailsToCloseEndsToo() {
    BoundedClose close = new BoundedClose(LONG);
    assertThat(
            close.close(
                () -> {
                  throw new IOException("a full disk");
                }))
        .isTrue();
    assertThat(
            close.close(
                () -> {
                  throw new IllegalStateException("not begun");
                }))
        .isTrue();
  }

  private void waitsUnlessInterrupted() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      closed.set(true);
    }
  }

  private void waitsAlways(CountDownLatch end) {
    boolean ended = false;
    while (!ended) {
      try {
        end.await();
        ended = true;
      } catch (InterruptedException e) {
        // This one heeds none.
      }
    }
    closed.set(true);
  }
}
