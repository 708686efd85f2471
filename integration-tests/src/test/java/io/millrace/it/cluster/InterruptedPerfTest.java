package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C ends a measurement early and prints what was measured so far. */
class InterruptedPerfTest {
  private static final int INTERRUPTED = 130;

  @TempDir Path home;

  @Test
  void printsWhatWasMeasuredSoFar() throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(home, Map.of());
        MillraceProcess create = start(broker, "topic create measured --partitions 2")) {
      assertThat(create.waitFor(Duration.ofSeconds(30))).as(create.stderr()).isZero();
      try (MillraceProcess produce =
              start(broker, "perf produce measured -n 1000000 -s 100 -r 2000 -o json");
          MillraceProcess latency =
              start(broker, "perf latency measured -n 1000000 -r 2000 -o json")) {
        assertPartial(produce, "latency_ms");
        try (MillraceProcess consume =
            start(broker, "perf consume measured -n 1000000 --idle-timeout 1m -o json")) {
          assertPartial(consume, "time_to_first_record_ms");
        }
        assertPartial(latency, "end_to_end_ms");
      }
    }
  }

  private MillraceProcess start(BrokerProcess broker, String line) throws Exception {
    String name = line.split(" ")[1];
    return MillraceProcess.start(
        home, name, List.of((line + " --bootstrap " + broker.bootstrap()).split(" ")));
  }

  private static void assertPartial(MillraceProcess process, String field) throws Exception {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> process.stderr().contains(" of 1,000,000 records ("));
    process.terminate();
    assertThat(process.waitFor(Duration.ofSeconds(20))).as(process.stderr()).isEqualTo(INTERRUPTED);
    JsonObject data = JsonParser.parseString(process.stdout()).getAsJsonObject();
    assertThat(data.get("records").getAsLong()).isBetween(1L, 999_999L);
    assertThat(data.has(field)).isTrue();
    assertThat(process.stderr())
        .contains("interrupted; what was measured so far:")
        .doesNotContain("unexpected failure", "failed");
  }
}
