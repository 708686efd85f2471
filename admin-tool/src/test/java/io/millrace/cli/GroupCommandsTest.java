package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of groups, and consume as a member of one, against a real node. */
class GroupCommandsTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory.resolve("data"));
    node.run("topic create orders --partitions 2");
    node.runWithInput("a\nb\nc\nd\n", "produce", "orders", "--partition", "0");
    node.runWithInput("x\ny\n", "produce", "orders", "--partition", "1");
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  private static CommandLineRun consume(String group, String more) {
    return node.run("consume orders --group " + group + more);
  }

  @Test
  void printsWhatTheGroupHasNotReadAndCommitsIt() {
    assertThat(consume("reader", "").out().lines())
        .containsExactlyInAnyOrder("a", "b", "c", "d", "x", "y");
    assertThat(consume("reader", " -n 0").out()).isEmpty();
    CommandLineRun run = node.run("group describe reader");
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("group reader: empty, 0 members, coordinated by broker 1")
        .containsPattern("orders +0 +4 +4 +0 +-\n")
        .containsPattern("orders +1 +2 +2 +0 +-\n");
    assertThat(node.run("group describe reader -o json").out())
        .contains("\"committed_offset\": 4", "\"lag\": 0", "\"state\": \"empty\"");
    assertThat(node.run("group list").out()).containsPattern("reader +empty +0 +1\n");
    assertThat(node.run("group list -o json").out()).contains("\"group\": \"reader\"");
  }

  @Test
  void commitsNoMoreThanItPrints() {
    assertThat(consume("few", " -n 3").out().lines()).hasSize(3);
    assertThat(consume("few", "").out().lines()).as("the others").hasSize(3);
  }

  @Test
  void showsMembersWhileTheyRead() {
    node.run("topic create calls --partitions 2");
    node.runWithInput("a\n", "produce", "calls", "--partition", "0");
    BackgroundRun reading = new BackgroundRun(node, "consume calls --group busy --follow -n 2");
    Awaitility.await().atMost(LONG).until(() -> reading.out().equals("a\n"));
    assertThat(node.run("group members busy").out())
        .startsWith("MEMBER ")
        .containsPattern("millrace-cli +\\S+ +\\d+ +calls:0,1\n");
    assertThat(node.run("group members busy -o wide").out()).contains("SUBSCRIBED", "calls");
    assertThat(node.run("group members busy -o json").out())
        .contains("\"assigned\": [", "\"calls-0\"", "\"away\": false");
    CommandLineRun reset =
        node.run("group reset-offsets busy --topic calls --to earliest --execute");
    assertThat(reset.exitCode()).isEqualTo(1);
    assertThat(reset.err())
        .contains("GROUP_NOT_EMPTY")
        .contains("see them:      millrace group members busy");
    assertThat(node.run("group delete busy").err()).contains("GROUP_NOT_EMPTY");
    assertThat(node.run("group delete-offsets busy --topic calls").err())
        .contains("GROUP_SUBSCRIBED_TO_TOPIC");
    node.runWithInput("b\n", "produce", "calls", "--partition", "1");
    assertThat(reading.exitCode()).succeedsWithin(LONG).isEqualTo(0);
    assertThat(reading.out()).isEqualTo("a\nb\n");
    assertThat(node.run("group members busy").out()).isEqualTo("group busy has no members\n");
  }

  @Test
  void movesOffsetsOnlyWhenToldTo() {
    consume("moved", "");
    assertThat(node.run("group reset-offsets moved --topic orders:0 --to 1").out())
        .containsPattern("orders +0 +4 +1\n")
        .endsWith("nothing was changed; --execute does it\n");
    assertThat(consume("moved", " -n 0").out()).isEmpty();
    assertThat(node.run("group reset-offsets moved --topic orders:0 --to 1 --execute").out())
        .containsPattern("orders +0 +4 +1\n")
        .doesNotContain("nothing");
    assertThat(consume("moved", "").out()).isEqualTo("b\nc\nd\n");
    node.run("group reset-offsets moved --all-topics --shift -1 --execute");
    assertThat(consume("moved", "").out().lines()).containsExactlyInAnyOrder("d", "y");
    assertThat(node.run("group reset-offsets moved --all-topics --to 99 -o json").out())
        .contains("\"executed\": false", "\"from\": 4", "\"to\": 4", "\"to\": 2");
    assertThat(node.run("group reset-offsets moved --all-topics --to 1h").out())
        .containsPattern("orders +0 +4 +0\n");
  }

  @Test
  void beginsAGroupAtAPlace() {
    assertThat(node.run("group reset-offsets begun --topic orders --to latest --execute").out())
        .containsPattern("orders +0 +- +4\n");
    assertThat(node.run("group reset-offsets other --topic orders --shift 1").err())
        .contains("has committed nothing for orders-0 that could be shifted");
  }

  @Test
  void deletesOffsetsAndGroups() {
    consume("gone", "");
    assertThat(node.run("group delete-offsets gone --topic orders:1").out())
        .isEqualTo("group gone has nothing committed for orders:1 any more\n");
    assertThat(node.run("group describe gone").out()).doesNotContainPattern("orders +1 ");
    assertThat(node.run("group delete gone").out()).isEqualTo("deleted group gone\n");
    assertThat(node.run("group delete gone").err())
        .contains("group 'gone' does not exist", "millrace group list");
  }

  @Test
  void namesTheGroupThatMayBeMeant() {
    consume("payments", "");
    CommandLineRun run = node.run("group describe paymnets");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("group 'paymnets' does not exist", "did you mean:  payments");
    assertThat(consume("payments", "").exitCode()).isZero();
    assertThat(node.run("consume ordres --group payments").err()).contains("did you mean:  orders");
  }
}
