package io.millrace.cli.perf;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CliContext;
import io.millrace.cli.ResultStream;
import io.millrace.common.time.Clock;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Tally tally = new Tally();
  private long nowMs = 5_000;

  private CliContext context(boolean interactive) {
    Clock clock =
        new Clock() {
          @Override
          public long wallMs() {
            return nowMs;
          }

          @Override
          public long monotonicNanos() {
            return TimeUnit.MILLISECONDS.toNanos(nowMs);
          }
        };
    return new CliContext(
        InputStream.nullInputStream(),
        new ResultStream(OutputStream.nullOutputStream()),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        Map.of(),
        interactive,
        "millrace",
        clock);
  }

  private void tellTwice(boolean interactive) {
    try (Progress progress = new Progress(context(interactive), "sent", tally, 40_000)) {
      tally.add(10_000, 20 << 20);
      nowMs += 2_000;
      progress.tell();
      tally.add(20_000, 40 << 20);
      nowMs += 1_000;
      progress.tell();
    }
  }

  @Test
  void tellsTheRatesSinceTheLastLine() {
    tellTwice(false);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            """
              sent 10,000 of 40,000 records (25 %), 5,000 records/s, 10.0 MB/s
              sent 30,000 of 40,000 records (75 %), 20,000 records/s, 40.0 MB/s
            """);
  }

  @Test
  void writesOverItsLineOnATerminalAndClearsItAtTheEnd() {
    tellTwice(true);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("\r  sent 10,000 of 40,000")
        .contains("\r  sent 30,000 of")
        .endsWith("\r" + " ".repeat(80) + "\r")
        .doesNotContain("\n");
  }
}
