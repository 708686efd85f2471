package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code millrace dev} refuses before it starts anything. */
final class DevCommandTest {
  @TempDir private Path home;

  @Test
  void mistakesInTheCommandLineAreNamed() {
    String data = home.toString();
    assertMistake("--nodes: 2 (expected: 1, 3, 5 or 7)", "dev", "--nodes", "2", "--data", data);
    assertMistake("--nodes: -3 (expected:", "dev", "--nodes", "-3", "--data", data);
    assertMistake(
        "--port: 65530 (expected: 0 to 65524)",
        "dev",
        "--nodes",
        "3",
        "--port",
        "65530",
        "--data",
        data);
    assertMistake(
        "node.id is given to each node",
        "dev",
        "--nodes",
        "3",
        "--set",
        "node.id=4",
        "--data",
        data);
    assertMistake("unknown command 'kil'", "dev", "kil", "2", "--data", data);
    assertThat(home).isEmptyDirectory();
  }

  @Test
  void nodeCommandsNameWhatIsNotThere() throws IOException {
    String data = home.toString();
    assertThat(CommandLineRun.of("dev", "stop", "1", "--data", data).err())
        .contains("holds no cluster of `dev`");
    Files.writeString(home.resolve("ports"), "20000\n20004\n20008\n");
    assertThat(CommandLineRun.of("dev", "kill", "4", "--data", data).err())
        .contains("there is no node 4 (expected: 1 to 3");
    assertThat(CommandLineRun.of("dev", "kill", "2", "--data", data).err())
        .contains("node 2 does not run");
  }

  @Test
  void directoryIsRunByOneCommandAtATimeAndHoldsOneKindOfCluster() throws IOException {
    String data = home.toString();
    FileChannel running = DevCluster.lock(home);
    assertThat(CommandLineRun.of("dev", "--nodes", "3", "--data", data).err())
        .contains("another `dev` runs the cluster");
    running.close();
    Files.writeString(home.resolve("meta.properties"), "");
    assertThat(CommandLineRun.of("dev", "--nodes", "3", "--data", data).err())
        .contains("holds a single node");
  }

  @Test
  void clusterThatBeganKeepsItsNodesAndPorts() throws IOException {
    DevCluster first = DevCluster.atOrNew(home, OptionalInt.of(3), OptionalInt.of(0));
    DevCluster other = DevCluster.atOrNew(home, OptionalInt.of(5), OptionalInt.of(0));
    assertThat(other.nodes()).as("no node of the first ever began").hasSize(5);
    Path data = Files.createDirectories(other.node(2).local().data());
    Files.writeString(data.resolve("meta.properties"), "");
    assertThat(DevCluster.atOrNew(home, OptionalInt.empty(), OptionalInt.of(0))).isEqualTo(other);
    assertThat(CommandLineRun.of("dev", "--nodes", "3", "--data", home.toString()).err())
        .contains("holds a cluster of 5 nodes");
    assertThat(CommandLineRun.of("dev", "--nodes", "1", "--data", home.toString()).err())
        .contains("holds a cluster");
    assertThat(first.home()).isEqualTo(other.home());
  }

  @Test
  void portThatIsTakenIsNamedBeforeAnythingStarts() throws IOException {
    DevCluster cluster = DevCluster.atOrNew(home, OptionalInt.of(3), OptionalInt.of(0));
    Path data = Files.createDirectories(cluster.node(1).local().data());
    Files.writeString(data.resolve("meta.properties"), "");
    int port = cluster.node(2).local().port() + 3;
    try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(CommandLineRun.of("dev", "--nodes", "3", "--data", home.toString()).err())
          .contains("other programs listen on ports of the cluster")
          .contains("[" + other.getLocalPort() + "]");
    }
  }

  private static void assertMistake(String message, String... arguments) {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(run.err()).contains(message);
    assertThat(run.exitCode()).isEqualTo(2);
  }
}
