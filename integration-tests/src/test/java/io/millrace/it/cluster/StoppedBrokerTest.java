package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM at any time ends a broker process in order. */
class StoppedBrokerTest {
  @TempDir Path home;

  @Test
  void aBrokerThatIsToldToEndWhileItStartsClosesWhatItOpened() throws Exception {
    try (BrokerProcess broker = BrokerProcess.begin(home, Map.of())) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> broker.process().stderr().contains("formatted data directory"));
      assertThat(broker.stop()).as(broker.process().stderr()).isZero();
      assertThat(broker.process().stderr())
          .contains("all logs are closed")
          .containsAnyOf("told to end before it was ready", "[broker 1] shut down");
      broker.restart();
      assertThat(broker.stop()).as(broker.process().stderr()).isZero();
      assertThat(broker.process().stderr()).contains("[broker 1] shut down\n");
    }
  }
}
