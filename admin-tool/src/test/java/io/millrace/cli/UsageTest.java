package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
        "topic create t --partitions many | 'many' (expected: a whole number, 1 or more)",
        "topic alter t | nothing to change: give --config, --reset or --partitions",
        "produce t --acks 2 | '2' is none of 0, 1 and all",
        "produce t --codec brotli | 'brotli' is none of none, gzip, snappy, lz4 and zstd",
        "consume t --format %q | '%q' in '%q' is none of %t %p %o %T %k %v %h %%, or %xv %bv %jv",
        "consume t --format %xp | '%x' in '%xp' is none of ",
        "consume t --format 100% | '% ' in '100%' is none of ",
        "produce t --input-format xml | expected one of [text, hex, base64, json]",
        "produce t --partitioner hash | 'hash' (expected: key-hash, sticky, round-robin, random)",
        "produce t --header h | --header: 'h' (expected: NAME=VALUE)",
        "produce t -H =v | --header: '=v' (expected: NAME=VALUE)",
        "produce t -i json -k : | --key-separator is for lines of text, hex or base64",
        "produce t -i json --header-separator : | --header-separator is for lines of text, hex or",
        "produce t -i json --null : | --null is for lines of text, hex or base64",
        "produce t --ignore key | --ignore is for --input-format json",
        "produce t --ignore kye | expected one of [key, headers, partition, timestamp]",
        "consume t --from sometime | --from: 'sometime' is no place in a log",
        "topic create t --partitions 0 | '--partitions': '0' (expected: a whole number, 1 or more)",
        "topic create t --partitions -1 | '--partitions': '-1' (expected: a whole number, 1",
        "topic create t --replication-factor 0 | '--replication-factor': '0' (expected: a whole",
        "topic create t -r -2 | '--replication-factor': '-2' (expected: a whole number, 1 or more)",
        "topic alter t --partitions 0 | '--partitions': '0' (expected: a whole number, 1 or more)",
        "consume t --from -0 | '-0' is no place in a log (expected: earliest, latest, an offset",
        "consume t --to then | --to: 'then' is no place in a log",
        "consume t --from 5 --to 4 | --to 4 (expected: 5 or more, as --from is)",
        "consume t --follow --to 1h | --to 1h with --follow (expected: an offset)",
        "consume t --follow --to -3 | --to -3 with --follow (expected: an offset)",
        "consume t --max -1 | '--max': '-1' (expected: a whole number, 0 or more)",
        "consume t -n -1 | '--max': '-1' (expected: a whole number, 0 or more)",
        "consume t --partition -1 | '-1' (expected: a whole number, 0 or more)",
        "produce t --partition -1 | '--partition': '-1' (expected: a whole number, 0 or more)",
        "log dump x --max -1 | '--max': '-1' (expected: a whole number, 0 or more)",
        "demo --rounds 0 | '--rounds': '0' (expected: a whole number, 1 or more)",
        "topic list --timeout 0 | '--timeout': '0' (expected: more than 0, such as 500ms",
        "consume t --timeout 0ms | '--timeout': '0ms' (expected: more than 0, such as 500ms",
        "produce t --delivery-timeout 0 | '--delivery-timeout': '0' (expected: more than 0, such",
        "produce t --acks -1 | '-1' is none of 0, 1 and all",
        "topic list --bootstrap= | --bootstrap: ",
        "topic alter t --config bad | millrace: --config: 'bad' (expected: KEY=VALUE)",
        "topic create t --config =1 | --config: '=1' (expected: KEY=VALUE)",
        "topic alter t -c a=1 --config a=2 | --config: a is given more than once",
        "topic create t -c a=1 -c a=1 | --config: a is given more than once",
        "topic alter t -c a=1 --reset a | a is given to both --config and --reset",
        "perf produce t --records 0 -s 1 | '--records': '0' (expected: a whole number, 1 or more)",
        "perf produce t --record-size 1 | Missing required option: '--records=N'",
        "perf produce t -n 1 | what is to be sent? give --record-size or --payload-file",
        "perf produce t -n 1 -s 0 | '--record-size': '0' (expected: a whole number, 1 to 67108864)",
        "perf produce t -n 1 -s 67108865 | '67108865' (expected: a whole number, 1 to 67108864)",
        "perf produce t -n 1 -s 1 -r -5 | '--throughput': '-5' (expected: a whole number, 1 to",
        "perf produce t -n 1 -s 1 --codec brotli | 'brotli' is none of none, gzip, snappy, lz4",
        "perf produce t -n 1 -s 1 --acks 2 | '2' is none of 0, 1 and all",
        "perf produce t -n 1 -s 1 --buffer-bytes 9 | bufferBytes: 9 (expected: >= 131072)",
        "perf produce t -n 1 -s 1 --linger-ms -1 | '-1' (expected: a whole number, 0 to 60000)",
        "perf consume t -n 1 --group g | --group: there are no consumer groups yet",
        "perf latency t -n 1 -s 15 | --record-size: 15 (expected: 16 or more)",
        "perf | what is to be measured? produce, consume or latency",
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
        "server",
        "dev",
        "dev kill",
        "dev stop",
        "dev restart",
        "demo",
        "log",
        "log dump",
        "log verify",
        "format",
        "quorum",
        "quorum status",
        "quorum add",
        "quorum remove",
        "quorum transfer",
        "cluster",
        "cluster status",
        "cluster nodes",
        "cluster features",
        "broker",
        "broker log-dirs",
        "broker replicas",
        "broker drain",
        "broker unregister",
        "partition",
        "partition elect",
        "partition reassign",
        "partition reassignments",
        "metadata",
        "metadata dump",
        "metadata get",
        "metadata watch",
        "metadata snapshot-inspect",
        "metadata repair",
        "topic create",
        "topic list",
        "topic describe",
        "topic alter",
        "topic delete",
        "topic delete-records",
        "produce",
        "consume",
        "perf",
        "perf produce",
        "perf consume",
        "perf latency",
        "config",
        "config list",
        "config get",
        "config set",
        "config unset",
        "config show",
        "profile",
        "profile list",
        "profile show",
        "profile set",
        "profile use",
        "profile delete",
        "completion"
      })
  void explainsEachCommandWithExitCodesAndExamples(String command) {
    String line = (command + " --help").strip();
    CommandLineRun run = CommandLineRun.as("./millrace", line.split(" "));
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("Usage: ./millrace").contains("A mistake in the command line");
    assertThat(run.out()).containsPattern("Examples?:\\n  (.*[ (])?./millrace " + command);
    // A line that the width of the terminal breaks can't be copied.
    String examples = run.out().substring(run.out().indexOf("Example"));
    assertThat(examples.lines().skip(1)).allMatch(example -> example.startsWith("  "));
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
  void tellsOfEachCommandInAWholeSentence() {
    String help = CommandLineRun.of("--help").out();
    String commands =
        help.substring(help.indexOf("\nCommands:\n") + 11, help.indexOf("\nExit codes:"));
    assertThat(commands.replaceAll("\\n {8,}", " ").strip().lines())
        .hasSize(18)
        .allMatch(line -> line.endsWith("."));
    assertThat(CommandLineRun.of("log", "--help").out())
        .containsPattern("dump +Prints .*of one of its\\s+files\\.\n");
  }

  @Test
  void callsItselfAsItWasCalled() {
    for (String line :
        List.of("--help", "produce --help", "topic lst", "topic", "topic list -b 127.0.0.1:1")) {
      CommandLineRun run = CommandLineRun.as("./millrace", line.split(" "));
      assertThat(run.out() + run.err())
          .as(line)
          .contains("./millrace ")
          .doesNotContainPattern("(^|[^/])millrace [a-z]+");
    }
  }

  @Test
  void saysThatADirectoryIsNoFileToSend(@TempDir Path directory) {
    assertThat(CommandLineRun.of("produce", "t", "--file", directory.toString()))
        .isEqualTo(
            new CommandLineRun(
                1, "", "millrace: " + directory + " is a directory (expected: a file)\n"));
  }

  @Test
  void saysThatAFileIsNotToBeRead() {
    assertThat(InputFile.unreadable(Path.of("f"), new AccessDeniedException("f")))
        .hasMessage("can't read f: permission denied");
  }

  @Test
  void saysThatTheFileToSendIsMissing() {
    CommandLineRun run = CommandLineRun.of("produce", "t", "--file", "no-such-file");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).isEqualTo("millrace: there is no file no-such-file\n");
  }

  @Test
  void readsAnArgumentFileAfterTheProfileOption(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("args"), "some-profile topic list --help");
    CommandLineRun run = CommandLineRun.of("--profile", "@" + file);
    assertThat(run.out()).contains("millrace topic list");
    assertThat(run.exitCode()).isZero();
  }
}
