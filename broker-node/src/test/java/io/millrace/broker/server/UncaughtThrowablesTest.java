package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UncaughtThrowablesTest {
  private final List<Throwable> faults = new ArrayList<>();
  private final UncaughtThrowables uncaught =
      new UncaughtThrowables(
          (message, cause) -> {
            faults.add(cause);
            return new IllegalStateException(message, cause);
          });

  @Test
  void anErrorStopsTheProcessAndAnExceptionHurtsItsTaskOnly() {
    uncaught.guard(
        () -> {
          throw new IllegalStateException("of one task");
        });
    assertThat(faults).isEmpty();

    Error error = new OutOfMemoryError("no memory");
    assertThatThrownBy(
            () ->
                uncaught.guard(
                    () -> {
                      throw error;
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(faults).containsExactly(error);
  }

  @Test
  void aTimerThatThrowsAnErrorIsNotDroppedInSilence() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    UncaughtThrowables telling =
        new UncaughtThrowables(
            (message, cause) -> {
              told.countDown();
              return new IllegalStateException(message, cause);
            });
    try (TimerThread timers = new TimerThread("timers", telling)) {
      timers.schedule(
          0,
          () -> {
            throw new StackOverflowError();
          });
      assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}
