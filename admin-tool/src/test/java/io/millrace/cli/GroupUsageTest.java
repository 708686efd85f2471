package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes in the commands about groups, which no broker need be asked for. */
class GroupUsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "group | what about groups? list, describe, members, reset-offsets, delete or delete-offsets",
        "group lst | unknown command 'lst'",
        "group reset-offsets g --topic t | where to? --to PLACE or --shift N",
        "group reset-offsets g --topic t --to 1 --shift 1 | where to? --to PLACE or --shift N",
        "group reset-offsets g --to 1 | which partitions? --topic TOPIC, --topic TOPIC:0,1 or --all-topics",
        "group reset-offsets g --topic t --all-topics --to 1 | which partitions?",
        "group reset-offsets g --topic t:x --to 1 | --topic t:x (expected: TOPIC or TOPIC:N,N",
        "group reset-offsets g --topic t --to soon | is no place in a log",
        "group reset-offsets g --topic t --to=-5 | --to -5 (expected: a place; --shift -5 moves it back)",
        "group delete-offsets g | which partitions?",
        "consume t --group g --to 5 | --to with --group, which says what to read",
        "consume t --group g -p 1 | --partition with --group, which says what to read",
        "consume t --group g --from 5 | --from 5 with --group (expected: earliest, latest or an age)",
        "consume t --group= | --group: groupId is empty",
      })
  void saysWhatIsWrong(String line, String message) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.err()).contains(message);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void findsTheNearestCommandAndOption() {
    assertThat(CommandLineRun.of("group", "descrbe").err())
        .contains("did you mean:  millrace group describe");
    assertThat(CommandLineRun.of("group", "reset-offsets", "g", "--exectute").err())
        .contains("did you mean:  --execute");
  }

  @ParameterizedTest
  @CsvSource({"list", "describe", "members", "reset-offsets", "delete", "delete-offsets"})
  void helpsWithExamples(String name) {
    CommandLineRun run = CommandLineRun.of("group", name, "--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Example").contains("millrace group " + name);
  }
}
