package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands of settings against a real node. */
final class ConfigCommandsTest {
  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory.resolve("data"));
    node.run("topic create orders");
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  @Test
  void changesShowsAndTakesBackATopicsSetting() {
    CommandLineRun set = node.run("config set --topic orders retention.ms=7h segment.bytes=2MB");
    assertThat(set.err()).isEmpty();
    assertThat(set.out())
        .startsWith("changed topic orders\nSETTING ")
        .containsPattern("retention.ms +25200000 +topic +yes\n");
    assertThat(node.run("config get --topic orders retention.ms").out())
        .containsPattern("retention.ms +yes +25200000 +topic +retention.ms\n")
        .containsPattern("\n +604800000 +default +log.retention.ms\n");
    assertThat(node.run("config list --topic orders --changed").out())
        .contains("segment.bytes")
        .doesNotContain("segment.ms");
    assertThat(node.run("config unset --topic orders retention.ms segment.bytes -o json").out())
        .contains("\"changed\": true", "\"source\": \"default\"");
    assertThat(node.run("config list --topic orders -o json").out())
        .contains("\"key\": \"retention.ms\"", "\"value\": \"604800000\"", "\"synonyms\": [");
  }

  @Test
  void changesWhatHoldsForABrokerAndForAll() {
    node.run("config set --cluster log.roll.ms=2h");
    node.run("config set --broker 1 log.roll.ms=3h");
    assertThat(node.run("config get --broker 1 log.roll.ms").out())
        .containsPattern("log.roll.ms +yes +10800000 +broker_dynamic +log.roll.ms\n")
        .containsPattern("\n +7200000 +cluster_dynamic +log.roll.ms\n");
    node.run("config unset --broker 1 log.roll.ms");
    node.run("config unset --cluster log.roll.ms");
    assertThat(node.run("config list --cluster --changed").out())
        .isEqualTo("no setting of the cluster differs from the software's default\n");
    assertThat(node.run("config list --cluster --changed -o json").out().strip()).isEqualTo("[]");
    assertThat(node.run("config list --broker 1 -o wide").out())
        .containsPattern("node.id +1 +default +no ")
        .contains("CHANGEABLE");
  }

  @Test
  void validateOnlyChangesNothing() {
    CommandLineRun run = node.run("config set --cluster log.retention.ms=1h --validate-only");
    assertThat(run.out()).isEqualTo("would be accepted; nothing was changed\n");
    assertThat(node.run("config get --cluster log.retention.ms -o json").out())
        .contains("\"source\": \"default\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "list --topic ordres | topic 'ordres' does not exist | did you mean:  orders",
        "list --broker 7 | broker_id: 7 (expected: a broker that is registered) | cluster nodes",
        "get --topic orders retention.millis | did you mean retention.ms? | config list --topic",
        "set --topic orders retention.ms=soon | retention.ms: soon (expected: | config list --topic",
        "set --broker 1 node.id=2 | node.id is read-only (expected: | config list --broker 1",
        "set --cluster log.retention.m=2 | did you mean log.retention.ms? | config list --cluster",
      })
  void refusesWithWhatToLookAtNext(String command, String what, String hint) {
    CommandLineRun run = node.run("config " + command);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("millrace: ").contains(what).contains("\n  ").contains(hint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "list | whose settings? give --topic NAME, --broker NODE or --cluster",
        "list --cluster --broker 1 | whose settings? give only one of --topic, --broker and",
        "set --cluster | Missing required parameter: 'KEY=VALUE'",
        "set --cluster log.roll.ms | 'log.roll.ms' (expected: KEY=VALUE)",
        "set --cluster log.roll.ms=1 log.roll.ms=2 | log.roll.ms is given more than once",
        "get --broker one node.id | 'one' (expected: a whole number, 1 or more)",
      })
  void aMistakeInTheCommandLineIsToldBeforeABrokerIsAsked(String command, String message) {
    CommandLineRun run = CommandLineRun.of(("config " + command).split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }
}
