package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace demo --nodes 3} as people use it. */
class ClusterDemoTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final Pattern DIRECTORY =
      Pattern.compile("a process of its own, in (\\S+/millrace-demo-\\d+)");

  @TempDir Path home;

  @Test
  void showsAFailoverAndProvesThatNothingIsLost() throws Exception {
    try (MillraceProcess demo = start("--rounds", "4", "--partitions", "3")) {
      assertThat(demo.waitFor(SOON)).as(demo.stdout() + demo.stderr()).isZero();
      assertThat(demo.stdout())
          .containsPattern("node \\d leads partition 0; in sync: 1, 2, 3. It is killed now")
          .containsPattern("\\d ms  node \\d leads partition 0; in sync: \\d, \\d\n")
          .containsPattern("\\d ms  its partitions were not acknowledged for [\\d,]+ ms")
          .containsPattern("\\d ms  node \\d is started again")
          .containsPattern("\\d ms  in sync: 1, 2, 3")
          .containsPattern("The 3 nodes' logs are the same to the last byte: [\\d,]+ bytes each")
          .contains("Nothing lost, nothing doubled, nothing out of order")
          .doesNotContain("DIFFERENT");
      Path directory = directory(demo);
      assertThat(processesOf(directory)).noneMatch(ProcessHandle::isAlive);
      assertThat(directory.resolve("node-3/data/demo-2")).isDirectory();
    }
  }

  @Test
  void leavesNoProcessAndNoDirectoryWhenItIsInterrupted() throws Exception {
    try (MillraceProcess demo = start("--rounds", "1000000")) {
      Awaitility.await().atMost(SOON).until(() -> demo.stdout().contains("Sending "));
      Path directory = directory(demo);
      List<ProcessHandle> nodes = processesOf(directory);
      assertThat(nodes).hasSize(3).allMatch(ProcessHandle::isAlive);
      demo.terminate();
      assertThat(demo.waitFor(SOON)).isEqualTo(130);
      assertThat(nodes).noneMatch(ProcessHandle::isAlive);
      assertThat(directory).doesNotExist();
    }
  }

  @Test
  void refusesNumbersOfNodesThatMakeNoSoundCluster() throws Exception {
    for (String wrong : List.of("0", "2", "9", "x")) {
      try (MillraceProcess demo =
          MillraceProcess.start(home, "demo-" + wrong, List.of("demo", "--nodes", wrong))) {
        assertThat(demo.waitFor(SOON)).isEqualTo(2);
        assertThat(demo.stderr()).contains("--nodes").contains(wrong);
      }
    }
  }

  /** Everything that it leaves lies below the test's directory. */
  private MillraceProcess start(String... more) throws Exception {
    Path temporary = Files.createDirectories(home.resolve("tmp"));
    List<String> jvm =
        Stream.concat(
                MillraceProcess.SMALL_JVM.stream(), Stream.of("-Djava.io.tmpdir=" + temporary))
            .toList();
    List<String> arguments =
        Stream.concat(Stream.of("demo", "--nodes", "3"), Stream.of(more)).toList();
    return MillraceProcess.start(home, "demo", jvm, arguments);
  }

  private static Path directory(MillraceProcess demo) throws Exception {
    Matcher matcher = DIRECTORY.matcher(demo.stdout());
    assertThat(matcher.find()).as(demo.stdout()).isTrue();
    return Path.of(matcher.group(1));
  }

  /** Its nodes, by what they left in their directories. */
  private static List<ProcessHandle> processesOf(Path directory) throws Exception {
    List<ProcessHandle> nodes = new ArrayList<>();
    for (int node = 1; node <= 3; node++) {
      String pid = Files.readAllLines(directory.resolve("node-" + node + "/pid")).get(0);
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(nodes::add);
    }
    return nodes;
  }
}
