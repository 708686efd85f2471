package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.net.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
  @TempDir private Path directory;

  @Test
  void provesThatWhatCameOutIsWhatWentIn() throws IOException {
    CommandLineRun run = CommandLineRun.of("demo", "--rounds", "2", "--partitions", "3");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("the log of a build of this project, 2 times, to topic 'demo' (3 partitions")
        .contains("Nothing lost, nothing doubled, nothing out of order.")
        .doesNotContain("DIFFERENT");
    Matcher place = Pattern.compile("The data lies in (\\S+)/demo-\\*").matcher(run.out());
    assertThat(place.find()).isTrue();
    Path data = Path.of(place.group(1));
    CommandLineRun verify = CommandLineRun.of("log", "verify", data.toString());
    assertThat(verify.out()).startsWith("intact: 0 errors, 0 warnings in 3 partitions");
    DemoCommand.delete(data);
  }

  @Test
  void saysThatThereIsNothingToSend() throws IOException {
    Path empty = Files.createFile(directory.resolve("empty.log"));
    assertThat(CommandLineRun.of("demo", "--file", empty.toString()))
        .isEqualTo(
            new CommandLineRun(
                1, "", "millrace: " + empty + " is empty (expected: a line or more)\n"));
    assertThat(CommandLineRun.of("demo", "--file", directory.toString()))
        .isEqualTo(
            new CommandLineRun(
                1, "", "millrace: " + directory + " is a directory (expected: a file)\n"));
  }

  @Test
  void saysWhichLineIsTooLargeAndLeavesNothingBehind() throws IOException {
    Path file = Files.writeString(directory.resolve("long.log"), "a\n" + "x".repeat(1_100_000));
    CommandLineRun run = CommandLineRun.of("demo", "--file", file.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("millrace: line 2 of " + file + " is larger than the demo's node takes: ")
        .doesNotContain("topic alter");
    Matcher place = Pattern.compile("Starting a node in (\\S+)").matcher(run.out());
    assertThat(place.find()).isTrue();
    assertThat(Path.of(place.group(1))).doesNotExist();
  }

  @Test
  void sendsAFileOfTheUsersOwnToAPortOfTheUsersChoice() throws IOException {
    Path file = Files.writeString(directory.resolve("mine.log"), "a\n\nb");
    String port = Integer.toString(FreePorts.inARow(LocalNode.PORTS));
    CommandLineRun run =
        CommandLineRun.of("demo", "--file", file.toString(), "--codec", "lz4", "--port", port);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("Sending " + file + " to topic 'demo'")
        .contains("gRPC on port " + port + ",")
        .contains("3 records");
    Matcher place = Pattern.compile("rm -r (\\S+)").matcher(run.out());
    assertThat(place.find()).isTrue();
    DemoCommand.delete(Path.of(place.group(1)));
  }

  @Test
  void saysWhichPortsAClusterHasRoomAt() {
    CommandLineRun run = CommandLineRun.of("demo", "--nodes", "3", "--port", "65530");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--port: 65530 (expected: 0 to 65524)");
  }

  @Test
  void tellsSentFromReadByTheirDigests() {
    DemoDigests sent = digests("a", "b");
    assertThat(digests("a", "b").results()).isEqualTo(sent.results());
    assertThat(digests("b", "a").results()).isNotEqualTo(sent.results());
    assertThat(digests("ab", "").results()).isNotEqualTo(sent.results());
    assertThat(digests("a", "b", "b").results()).isNotEqualTo(sent.results());
  }

  private static DemoDigests digests(String... values) {
    DemoDigests digests = new DemoDigests(1);
    for (String value : values) {
      digests.add(0, value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return digests;
  }
}
