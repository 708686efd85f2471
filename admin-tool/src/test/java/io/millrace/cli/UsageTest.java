package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What scripts and people rely on without a broker: exit codes, hints, help. */
class UsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "topik list | unknown command 'topik' | millrace topic",
        "topic lits | unknown command 'lits' | millrace topic list",
        "topic list --bootsrap | unknown option '--bootsrap' | --bootstrap",
        "produce t --ack 1 | unknown option '--ack' | --acks",
        "consume t --folow | unknown option '--folow' | --follow",
      })
  void suggestsTheNearestForATypo(String line, String what, String near) {
    CommandLineRun run = CommandLineRun.of(line.strip().split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("millrace: " + what.strip() + "\n")
        .contains("did you mean:  " + near.strip() + "\n")
        .contains(" --help\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "topic create | Missing required parameter: 'NAME'",
        "topic create t --partitions many | 'many' is not an int",
        "topic alter t | nothing to change: give --config, --reset or --partitions",
        "produce t --acks 2 | '2' is none of 0, 1 and all",
        "produce t --codec brotli | 'brotli' is none of none, gzip, snappy, lz4 and zstd",
        "consume t --format %x | '%x' in '%x' is none of %t %p %o %T %k %v %h %%",
        "consume t --from sometime | 'sometime' is no place to start",
        "topic list --timeout soon | 'soon' is not a time",
        "topic list --bootstrap host:port | --bootstrap: 'host:port' is not HOST:PORT",
      })
  void refusesABadValueWithWhatWasExpected(String line, String message) {
    CommandLineRun run = CommandLineRun.of(line.strip().split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message.strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "topic",
        "topic create",
        "topic list",
        "topic describe",
        "topic alter",
        "topic delete",
        "produce",
        "consume",
        "config",
        "config show"
      })
  void explainsEachCommandWithExitCodesAndExamples(String command) {
    String line = (command + " --help").strip();
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("Usage: millrace").contains("A mistake in the command line");
    if (command.contains(" ") || command.endsWith("e") && !command.isEmpty()) {
      assertThat(run.out()).contains("Example");
    }
  }

  @Test
  void tellsItsVersion() {
    assertThat(CommandLineRun.of("--version").out()).startsWith("millrace 0.").contains("java ");
  }

  @Test
  void namesTheAddressAndHowToStartABrokerWhenNoneAnswers() {
    CommandLineRun run = CommandLineRun.of("topic", "list", "--bootstrap", "127.0.0.1:1");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualTo(
            """
            millrace: no broker answers: 127.0.0.1:1 refused the connection
              start one:     millrace dev
              name another:  --bootstrap HOST:PORT (or the variable MILLRACE_BOOTSTRAP)
            """);
  }

  @Test
  void takesTheBrokersFromTheEnvironment() {
    Map<String, String> environment = Map.of("MILLRACE_BOOTSTRAP", "127.0.0.1:1,127.0.0.1:2");
    CommandLineRun run = CommandLineRun.with("", environment, "topic", "list");
    assertThat(run.err())
        .contains("127.0.0.1:1 refused the connection; 127.0.0.1:2 refused the connection");
  }

  @Test
  void saysThatTheFileToSendIsMissing() {
    CommandLineRun run = CommandLineRun.of("produce", "t", "--file", "no-such-file");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("millrace: there is no file no-such-file\n");
  }
}
