package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ProcessExitTest {
  @Test
  void ratisDoesNotDecideWhatAnUncaughtExceptionMeans() {
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.UncaughtExceptionHandler ours = (thread, exception) -> {};
    try {
      Thread.setDefaultUncaughtExceptionHandler(ours);
      ProcessExit.leaveToUs();
      assertThat(Thread.getDefaultUncaughtExceptionHandler()).isSameAs(ours);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }
}
