package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void suggestsTheNearestSetting() {
    CommandLineRun asked = CommandLineRun.of("config", "show", "node.ID");
    assertThat(asked.exitCode()).isEqualTo(1);
    assertThat(asked.err()).contains("there is no setting node.ID").contains("node.id");
    CommandLineRun set = CommandLineRun.of("config", "show", "--set", "nod.id=3");
    assertThat(set.exitCode()).isEqualTo(1);
    assertThat(set.err()).contains("did you mean node.id?");
  }

  @Test
  void saysThatTheFileIsMissing() {
    CommandLineRun run = CommandLineRun.of("config", "show", "--config", "nowhere.properties");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("there is no file nowhere.properties (--config)");
  }
}
