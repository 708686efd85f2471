package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The completion script, in a real Bash. */
@DisabledOnOs(OS.WINDOWS)
class CompletionTest {
  @TempDir private static Path directory;
  private static Path script;

  @BeforeAll
  static void writeTheScript() throws IOException {
    CommandLineRun run = CommandLineRun.as("./millrace", "completion", "bash");
    assertThat(run.exitCode()).isZero();
    script = Files.writeString(directory.resolve("script"), run.out());
  }

  private static List<String> completed(String line) throws Exception {
    String[] words = (line + "|").split(" ");
    words[words.length - 1] = words[words.length - 1].replace("|", "");
    String program =
        "compopt() { :; }; source '%s'; COMP_WORDS=(%s \"%s\"); COMP_CWORD=%d; _complete_millrace;"
                .formatted(
                    script,
                    String.join(" ", List.of(words).subList(0, words.length - 1)),
                    words[words.length - 1],
                    words.length - 1)
            + " printf '%s\\n' \"${COMPREPLY[@]}\"";
    Process process = new ProcessBuilder("bash", "--norc", "-c", program).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(err).isEmpty();
    return out.lines().map(String::strip).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "millrace to| topic",
        "millrace topic cr| create",
        "millrace topic list --boot| --bootstrap",
        "millrace produce --input-| --input-format",
        "millrace topic list -o j| json",
        "millrace produce --acks a| all",
        "millrace produce --codec z| zstd",
        "millrace completion z| zsh",
        "millrace profile u| use",
        "millrace perf la| latency",
      })
  void completesCommandsOptionsAndValues(String line, String completed) throws Exception {
    assertThat(completed(line)).containsExactly(completed);
  }

  @Test
  void offersAllCommands() throws Exception {
    assertThat(completed("millrace ")).contains("server", "produce", "consume", "completion");
  }

  @Test
  void refusesAnotherShell() {
    CommandLineRun run = CommandLineRun.of("completion", "fish");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("expected one of [bash, zsh]");
  }
}
