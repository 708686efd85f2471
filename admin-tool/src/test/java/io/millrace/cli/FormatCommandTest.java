package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FormatCommandTest {
  private static final String CLUSTER = "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b";

  @TempDir private Path home;

  @Test
  void preparesAVoterThatJoinsOnceAndSaysHowToAddIt() throws IOException {
    CommandLineRun run = format("a");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("prepared for node 4 of the cluster " + CLUSTER)
        .contains("millrace quorum add 4@HOST");
    assertThat(Files.readString(home.resolve("a").resolve("meta.properties")))
        .contains("cluster.id=" + CLUSTER, "node.id=4");
    assertThat(mark("a")).contains("first.members=none", "state=formatted");

    CommandLineRun again = format("a");
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("is formatted already: cluster " + CLUSTER + ", node 4");
  }

  /** A voter that lost its disk must not come back as the one that it was. */
  @Test
  void eachFormatMakesAnotherVoterButTheFirstOfACluster() throws IOException {
    format("a");
    format("b");
    assertThat(voter("a")).isNotEqualTo(voter("b"));
    format("c", "--first");
    format("d", "--first");
    assertThat(voter("c")).isEqualTo(voter("d")).isNotEqualTo(voter("a"));
  }

  private CommandLineRun format(String directory, String... more) {
    String[] fixed = {
      "format",
      "--cluster-id",
      CLUSTER,
      "--node-id",
      "4",
      "--set",
      "data.dirs=" + home.resolve(directory)
    };
    String[] all = new String[fixed.length + more.length];
    System.arraycopy(fixed, 0, all, 0, fixed.length);
    System.arraycopy(more, 0, all, fixed.length, more.length);
    return CommandLineRun.of(all);
  }

  private String mark(String directory) throws IOException {
    return Files.readString(
        home.resolve(directory).resolve("metadata").resolve("metadata.properties"));
  }

  private String voter(String directory) throws IOException {
    return mark(directory)
        .lines()
        .filter(line -> line.startsWith("voter="))
        .findFirst()
        .orElseThrow();
  }
}
