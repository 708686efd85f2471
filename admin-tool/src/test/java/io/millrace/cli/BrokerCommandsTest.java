package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands of brokers against a real node. */
final class BrokerCommandsTest {
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
  void showsDirectoriesAndReplicas() {
    CommandLineRun dirs = node.run("broker log-dirs");
    assertThat(dirs.exitCode()).as(dirs.err()).isZero();
    assertThat(dirs.out())
        .startsWith("NODE  PATH ")
        .containsPattern("1 +\\S+data +online +\\d+ +[\\d.]+ \\wB? ");
    assertThat(node.run("broker log-dirs 1 -o json").out())
        .contains("\"state\": \"online\"", "\"usable_bytes\": ");
    assertThat(node.run("broker replicas 1 --topic orders").out())
        .containsPattern("orders +1 +yes +0 B +0 +0 ");
    assertThat(node.run("broker replicas 1 --topic none").out())
        .isEqualTo("no replica of none lies on broker 1\n");
    assertThat(node.run("broker replicas 1 --topic none -o json").out().strip()).isEqualTo("[]");
  }

  @Test
  void drainsAndLetsLeadAgain() {
    assertThat(node.run("broker drain 1").out())
        .matches("broker 1 is drained; it leads \\d+ partitions, which nobody else in sync can\n");
    assertThat(node.run("cluster nodes").out()).contains("active, drained");
    assertThat(node.run("cluster nodes -o json").out()).contains("\"drained\": true");
    assertThat(node.run("broker drain 1 --undo -o json").out()).contains("\"drained\": false");
    assertThat(node.run("cluster nodes").out()).doesNotContain("drained");
  }

  @Test
  void showsTheFeatureLevel() {
    assertThat(node.run("cluster features").out())
        .isEqualTo("feature level 1; all brokers can run at 1 to 1\n");
    assertThat(node.run("cluster features --set 1 --validate-only").out())
        .startsWith("would be accepted; nothing was changed\n");
    assertThat(node.run("cluster features -o json").out()).contains("\"level\": 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "broker drain 7 | broker: 7 (expected: one that is registered) | cluster nodes",
        "broker log-dirs 7 | broker_id: 7 (expected: a broker that is registered) | cluster nodes",
        "broker replicas 7 | broker_id: 7 (expected: a broker that is registered) | cluster nodes",
        "broker unregister 1 | broker 1 is ACTIVE (expected: FENCED; stop the broker | cluster nodes",
        "cluster features --set 2 | feature level: 2 (expected: 1 to 1) | [UNSUPPORTED]",
      })
  void refusesWithWhatToLookAtNext(String command, String what, String hint) {
    CommandLineRun run = node.run(command);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("millrace: ").contains(what).contains(hint);
  }
}
