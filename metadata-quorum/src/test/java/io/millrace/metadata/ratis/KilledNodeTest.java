package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class KilledNodeTest {
  @TempDir private Path data;

  @Test
  void whatWasAcknowledgedBeforeAKillIsThereAfterIt() throws IOException, InterruptedException {
    List<String> acknowledged = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      acknowledged.addAll(runAndKill("round" + round + "-", 150));
    }
    RatisMetadataQuorum quorum = KilledNode.quorum(data);
    try {
      quorum.start();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(quorum::isActiveController);
      assertThat(quorum.image().topics().idsByName().keySet()).containsAll(acknowledged);
    } finally {
      quorum.close();
    }
  }

  /** Runs a node in a process of its own and kills it after so many acknowledgements. */
  private List<String> runAndKill(String prefix, int after)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledNode.class.getName(),
                data.toString(),
                prefix)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> names = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(prefix)) {
          names.add(line);
        }
        if (names.size() == after) {
          process.toHandle().destroyForcibly(); // The output stays readable.
        }
      }
    }
    process.waitFor();
    assertThat(names).hasSizeGreaterThanOrEqualTo(after);
    return names;
  }
}
