package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.TopicDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace dev --nodes 3} as people use it. */
class DevClusterTest {
  private static final Duration SOON = Duration.ofSeconds(120);

  @TempDir Path home;

  private int commands;

  @Test
  void runsThreeProcessesThatAreKilledAndStartedAgainByCommand() throws Exception {
    String data = home.resolve("cluster").toString();
    List<String> start =
        List.of("dev", "--nodes", "3", "--port", "0", "--data", data, "-o", "json");
    JsonArray nodes;
    try (Dev running = new Dev(MillraceProcess.start(home, "dev", start))) {
      MillraceProcess dev = running.process();
      nodes = awaitNodes(dev);
      assertThat(nodes).hasSize(3);
      createTopic(nodes, 0, "before");
      assertThat(refused("dev", "--nodes", "3", "--data", data)).contains("another `dev` runs");
      assertThat(refused("dev", "kill", "4", "--data", data)).contains("expected: 1 to 3");
      String first = text(nodes, 0, "clients");
      assertThat(run("cluster", "status", "--bootstrap", first)).startsWith("OK");
      try (MillraceProcess watch =
          start("metadata", "watch", "/brokers/2", "--bootstrap", first, "--max", "1")) {
        awaitTold(watch, "tells, from revision");
        assertThat(run("dev", "kill", "2", "--data", data))
            .contains("node 2 (pid ")
            .contains("killed");
        assertThat(watch.waitFor(SOON)).as(watch.stderr()).isZero();
        assertThat(watch.stdout()).contains("/brokers/2/fenced  true  (was false)");
      }
      assertThat(run("cluster", "status", "--bootstrap", first))
          .startsWith("DEGRADED")
          .contains("2");
      assertThat(run("metadata", "get", "/brokers/2", "--bootstrap", first))
          .contains("/brokers/2/state  FENCED");
      assertThat(alive(nodes, 1)).isFalse();
      awaitTold(dev, "node 2 (pid " + text(nodes, 1, "pid") + ") has ended with code 137");
      createTopic(nodes, 2, "meanwhile");
      assertThat(run("dev", "restart", "2", "--data", data, "-o", "json")).contains("started");
      assertThat(topics(nodes, 1)).contains("before", "meanwhile");
      assertThat(run("dev", "stop", "3", "--data", data)).contains("stopped");
      assertThat(alive(nodes, 2)).isFalse();
      awaitTold(dev, "node 3 (pid " + text(nodes, 2, "pid") + ") has ended");
      dev.terminate();
      assertThat(dev.waitFor(SOON)).as(dev.stderr()).isZero();
    }
    assertThat(alive(nodes, 0)).isFalse();
    List<String> again = List.of("dev", "--data", data, "-o", "json");
    try (Dev running = new Dev(MillraceProcess.start(home, "again", again))) {
      MillraceProcess dev = running.process();
      JsonArray restarted = awaitNodes(dev);
      assertThat(text(restarted, 1, "clients")).isEqualTo(text(nodes, 1, "clients"));
      assertThat(topics(restarted, 2)).contains("before", "meanwhile");
      dev.terminate();
      assertThat(dev.waitFor(SOON)).as(dev.stderr()).isZero();
    }
  }

  /**
   * A `dev` that is asked to end, whatever becomes of the test: killed, it would leave its nodes.
   */
  private record Dev(MillraceProcess process) implements AutoCloseable {
    @Override
    public void close() throws Exception {
      process.terminate();
      process.waitFor(SOON);
      process.close();
    }
  }

  private static JsonArray awaitNodes(MillraceProcess dev) {
    return Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              if (!dev.isAlive()) {
                throw new AssertionError(dev.stderr());
              }
              return dev.stdout();
            },
            written -> written.endsWith("}\n"))
        .transform(
            written -> JsonParser.parseString(written).getAsJsonObject().getAsJsonArray("nodes"));
  }

  private static void awaitTold(MillraceProcess dev, String what) {
    Awaitility.await().atMost(SOON).until(() -> dev.stderr().contains(what));
  }

  private String run(String... arguments) throws Exception {
    try (MillraceProcess command = start(arguments)) {
      int exitCode = command.waitFor(SOON);
      assertThat(exitCode).as(command.stderr()).isZero();
      return command.stdout();
    }
  }

  private String refused(String... arguments) throws Exception {
    try (MillraceProcess command = start(arguments)) {
      assertThat(command.waitFor(SOON)).isEqualTo(1);
      return command.stderr();
    }
  }

  private MillraceProcess start(String... arguments) throws Exception {
    String name = arguments[0] + "-" + arguments[1] + "-" + ++commands;
    return MillraceProcess.start(home, name, List.of(arguments));
  }

  private static String text(JsonArray nodes, int index, String field) {
    JsonObject node = nodes.get(index).getAsJsonObject();
    return node.get(field).getAsString();
  }

  private static boolean alive(JsonArray nodes, int index) {
    return ProcessHandle.of(Long.parseLong(text(nodes, index, "pid")))
        .filter(ProcessHandle::isAlive)
        .isPresent();
  }

  private static MillraceClient connect(JsonArray nodes, int index) {
    return MillraceClient.connect(ClientConfig.of(text(nodes, index, "clients")));
  }

  private static void createTopic(JsonArray nodes, int index, String topic) {
    try (MillraceClient client = connect(nodes, index)) {
      client.admin().createTopic(new NewTopic(topic, 1, 1, Map.of()));
    }
  }

  private static List<String> topics(JsonArray nodes, int index) {
    try (MillraceClient client = connect(nodes, index)) {
      List<String> names = new ArrayList<>();
      client.admin().listTopics().stream().map(TopicDescription::name).forEach(names::add);
      return names;
    }
  }
}
