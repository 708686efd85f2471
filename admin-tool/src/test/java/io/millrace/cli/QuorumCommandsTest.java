package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the quorum against a real node, the only voter. */
final class QuorumCommandsTest {
  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory.resolve("data"));
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  @Test
  void statusShowsTheVoterThatIsTheController() {
    CommandLineRun text = node.run("quorum status");
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out()).contains("NODE", "ROLE").containsPattern("1 +controller");
    CommandLineRun json = node.run("quorum status -o json");
    assertThat(json.exitCode()).as(json.err()).isZero();
    assertThat(json.out()).contains("\"cluster_id\"", "\"controller_id\": 1", "\"node_id\": 1");
  }

  @Test
  void whatCanNotBeDoneIsRefusedByNameAndChangesNothing() {
    String before = node.run("quorum status -o json").out();
    refused("quorum transfer 7", "7");
    refused("quorum remove 7", "7");
    refused("quorum remove 1", "the last voter can't be removed");
    refused("quorum add 2@127.0.0.1:1:1", "127.0.0.1:1");
    assertThat(node.run("quorum status -o json").out()).isEqualTo(before);
  }

  private static void refused(String command, String named) {
    CommandLineRun run = node.run(command);
    assertThat(run.exitCode()).as(command).isEqualTo(1);
    assertThat(run.out()).as(command).isEmpty();
    assertThat(run.err()).as(command).startsWith("millrace: ").contains(named);
  }
}
