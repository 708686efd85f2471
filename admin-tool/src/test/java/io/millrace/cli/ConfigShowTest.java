package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigShowTest {
  @TempDir Path directory;

  @Test
  void showsTheOriginOfEachValue() throws IOException {
    Path file = Files.writeString(directory.resolve("node.properties"), "node.id=7\nrack=a\n");
    CommandLineRun run =
        CommandLineRun.with(
            "",
            Map.of("MILLRACE_RACK", "b", "MILLRACE_NUM_PARTITIONS", "3"),
            "config",
            "show",
            "--config",
            file.toString(),
            "--set",
            "num.partitions=4",
            "--changed",
            "-o",
            "yaml");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            - key: "node.id"
              value: "7"
              origin: "file"
              place: "%1$s:1"
              default: "1"
              environment_variable: "MILLRACE_NODE_ID"
            - key: "rack"
              value: "b"
              origin: "environment"
              place: "MILLRACE_RACK"
              default: ""
              environment_variable: "MILLRACE_RACK"
            - key: "num.partitions"
              value: "4"
              origin: "flag"
              place: "--set num.partitions=4"
              default: "1"
              environment_variable: "MILLRACE_NUM_PARTITIONS"
            """
                .formatted(file));
  }

  @Test
  void showsOneSettingAsATable() {
    assertThat(CommandLineRun.of("config", "show", "node.id").out())
        .isEqualTo(
            """
            SETTING  VALUE  ORIGIN   PLACE
            node.id  1      default
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "config show node.ID | unknown setting: node.ID; did you mean node.id?",
        "config show segmnt.bytes | unknown setting: segmnt.bytes; did you mean log.segment.bytes?",
        "config show --set nod.id=3 | --set nod.id=3: unknown setting: nod.id; did you mean node.id?",
        "server --set segmnt.bytes=1 | unknown setting: segmnt.bytes; did you mean log.segment.bytes?",
        "dev --set segmnt.bytes=1 | unknown setting: segmnt.bytes; did you mean log.segment.bytes?",
        "config show --set node.id | --set node.id (expected: --set key=value)",
        "config show --set node.id=x | --set node.id=x: node.id: x (expected: ",
      })
  void saysWhatIsWrongWithASettingOfTheCommandLine(String line, String message) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("millrace: ").contains(message).contains("usage: ");
  }

  @Test
  void aMistakeInTheFileIsNoneInTheCommandLine() throws IOException {
    Path file = Files.writeString(directory.resolve("node.properties"), "segmnt.bytes=1\n");
    CommandLineRun run = CommandLineRun.of("config", "show", "--config", file.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains(file + ":1").contains("did you mean log.segment.bytes?");
  }

  /** The rule that the help tells is the one that holds. */
  @Test
  void tellsHowEnvironmentVariablesAreNamed() {
    CommandLineRun help = CommandLineRun.of("config", "show", "--help");
    assertThat(help.out().replaceAll("\\s+", " "))
        .contains("MILLRACE_LOG_SEGMENT_BYTES for log.segment.bytes");
    Map<String, String> environment = Map.of("MILLRACE_LOG_SEGMENT_BYTES", "1MB");
    assertThat(CommandLineRun.with("", environment, "config", "show", "--changed").out())
        .contains("log.segment.bytes  1048576  environment");
  }

  @Test
  void saysThatTheFileIsMissing() {
    CommandLineRun run = CommandLineRun.of("config", "show", "--config", "nowhere.properties");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("there is no file nowhere.properties");
  }
}
