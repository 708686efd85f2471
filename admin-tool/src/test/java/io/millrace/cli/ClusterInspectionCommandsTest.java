package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands that look at the cluster as a whole, against a real node. */
final class ClusterInspectionCommandsTest {
  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory.resolve("data"));
    node.run("topic create orders --partitions 2");
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  @Test
  void statusOfAWellClusterIsOk() {
    CommandLineRun text = node.run("cluster status");
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out())
        .isEqualTo(
            "OK\nas node 1 sees it: controller on node 1, 1 voter, 1 broker, 1 topic, 2"
                + " partitions\n");
    JsonObject json = json(node.run("cluster status -o json").out());
    assertThat(json.get("verdict").getAsString()).isEqualTo("OK");
    assertThat(json.getAsJsonArray("problems")).isEmpty();
    assertThat(json.get("partitions").getAsInt()).isEqualTo(2);
  }

  @Test
  void dumpAndGetPrintValuesByPath() {
    CommandLineRun all = node.run("metadata dump");
    assertThat(all.exitCode()).as(all.err()).isZero();
    assertThat(all.out())
        .contains("/controller/node_id  1\n", "/topics/orders/partitions/1/replicas  [1]\n");
    assertThat(all.err()).startsWith("revision ");
    assertThat(node.run("metadata get /topics/orders/partitions/1/leader").out())
        .isEqualTo("/topics/orders/partitions/1/leader  1\n");
    List<JsonObject> lines =
        node.run("metadata get /topics/orders/partitions/0 -o json")
            .out()
            .lines()
            .map(ClusterInspectionCommandsTest::json)
            .toList();
    assertThat(lines).hasSize(11);
    assertThat(lines)
        .anyMatch(
            line ->
                line.get("path").getAsString().equals("/topics/orders/partitions/0/isr")
                    && line.getAsJsonArray("value").get(0).getAsInt() == 1);
  }

  @Test
  void watchPrintsWhatChangesAsItDoes() {
    BackgroundRun watch = new BackgroundRun(node, "metadata watch /topics/watched --max 5");
    Awaitility.await().until(() -> watch.err().contains("node 1 tells"));
    node.run("topic create watched");
    Awaitility.await().until(() -> watch.exitCode().isDone());
    assertThat(watch.exitCode().join()).as(watch.err()).isZero();
    assertThat(watch.out().lines())
        .hasSize(5)
        .anyMatch(line -> line.matches("\\d+  /topics/watched/partitions/0/leader  1"));
    node.run("topic delete watched");
  }

  @Test
  @Timeout(value = 12, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void watchOfNobodyEndsWithinItsTimeAndSaysSo() {
    CommandLineRun run =
        CommandLineRun.of("metadata", "watch", "--bootstrap", "127.0.0.1:1", "--timeout", "500ms");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("no broker answers: 127.0.0.1:1 refused the connection");
  }

  @Test
  void whatIsNotFollowedIsNamed() {
    CommandLineRun run = node.run("metadata watch /answered_requests");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("expected: below /topics, /brokers or /controller");
  }

  @Test
  void pathWithNothingBelowItIsAFailure() {
    CommandLineRun run = node.run("metadata get /topics/nope");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("nothing lies at or below /topics/nope");
  }

  @Test
  void tooManyNamesAreRefused() {
    CommandLineRun run = node.run("cluster status --names 1001");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("max_names: 1001 (expected: [0, 1000])");
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
