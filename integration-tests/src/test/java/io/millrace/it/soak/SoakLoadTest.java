package io.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.SystemClock;
import io.millrace.it.cluster.BrokerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A moment of the soak's load: it does all that it is to do, and loses nothing. */
class SoakLoadTest {
  @TempDir Path home;

  @Test
  void doesAllKindsOfWorkAndFindsWhatWasAcknowledged() throws Exception {
    SoakStop stop = new SoakStop();
    try (BrokerProcess broker =
            BrokerProcess.start(
                home, SoakLoad.brokerSettings(), List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
        SoakLoad load = new SoakLoad(broker.bootstrap(), new SystemClock(), stop)) {
      load.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> stop.isSet() || load.done().values().stream().allMatch(done -> done > 0));
      load.finish();
    }
    assertThat(stop.failure()).isEmpty();
  }
}
