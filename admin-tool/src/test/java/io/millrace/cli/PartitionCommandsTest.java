package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands of partitions against a real node. */
final class PartitionCommandsTest {
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
  void electsAndTellsWhoLeads() {
    CommandLineRun run = node.run("partition elect orders");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .startsWith("TOPIC ")
        .containsPattern("orders +0 +1 +[0-9]+\n")
        .endsWith("0 partitions have another leader now, 0 partitions are not led as wished\n");
    assertThat(node.run("partition elect orders -p 1 --unclean").out())
        .containsPattern("orders +1 ")
        .doesNotContainPattern("orders +0 ");
    assertThat(node.run("partition elect --all-topics").out())
        .isEqualTo("0 partitions have another leader now, 0 partitions are not led as wished\n");
    assertThat(node.run("partition elect orders -p 0 -o json").out())
        .contains("\"failed\": 0", "\"leader\": 1");
  }

  @Test
  void nothingIsUnderWayOnOneBroker() {
    assertThat(node.run("partition reassign orders 0=1").out())
        .containsPattern("orders .*in place\n");
    assertThat(node.run("partition reassignments").out())
        .isEqualTo("no reassignment is under way\n");
    assertThat(node.run("partition reassignments orders -o json").out().strip()).isEqualTo("[]");
    assertThat(node.run("partition reassign orders --cancel").out())
        .isEqualTo("no reassignment of orders is under way\n");
    assertThat(node.run("partition reassign orders 0=1 --validate-only").out())
        .startsWith("would be accepted; nothing was changed\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "elect ordres | topic 'ordres' does not exist | did you mean:  orders",
        "elect orders -p 7 | partition: orders-7 (expected: a number below 2) | ",
        "reassign ordres 0=1 | topic 'ordres' does not exist | did you mean:  orders",
        "reassign orders 0=1,2 | registered brokers only, which 2 is not | cluster nodes",
        "reassign orders 0=1,1 | no broker twice | cluster nodes",
        "reassign orders 0 --cancel | orders-0 is not being reassigned | partition reassignments",
        "reassignments ordres | topic 'ordres' does not exist | did you mean:  orders",
      })
  void refusesWithWhatToLookAtNext(String command, String what, String hint) {
    CommandLineRun run = node.run("partition " + command);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("millrace: ").contains(what);
    assertThat(run.err()).contains(hint == null ? "" : hint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "elect | which partitions? give a TOPIC or --all-topics",
        "elect orders --all-topics | which partitions? give a TOPIC or --all-topics",
        "elect --all-topics -p 1 | --partition is for one TOPIC",
        "elect orders -p x | 'x' (expected: a whole number, 0 or more)",
        "reassign orders | what is to be moved? give N=NODE,NODE… for each partition",
        "reassign orders 0 | '0' (expected: N=NODE,NODE…, such as 0=2,3)",
        "reassign orders 0= | '0=' (expected: N=NODE,NODE…, such as 0=2,3)",
        "reassign orders x=1 | 'x=1' (expected: N=NODE,NODE…, such as 0=2,3)",
        "reassign orders 0=1, | '0=1,' (expected: N=NODE,NODE…, such as 0=2,3)",
        "reassign orders 0=1 --cancel | '0=1' (expected: the number of a partition)",
        "reassign orders 0=1 0=2 | partition 0 is given more than once",
      })
  void aMistakeInTheCommandLineIsToldBeforeABrokerIsAsked(String command, String message) {
    CommandLineRun run = CommandLineRun.of(("partition " + command).split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }
}
