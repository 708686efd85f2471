package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Profiles: which values hold, what is said of wrong ones, and what writing leaves alone. */
class ProfileTest {
  private static final String TEXT =
      """
      # mine
      use = local

      [local]
      # on this machine
      bootstrap = 127.0.0.1:1

      # the other one
      [far]
      bootstrap = 127.0.0.1:2,127.0.0.1:3
      timeout = 20s
      output = json
      """;

  @TempDir private Path home;
  private Path file;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void writeTheFile() throws IOException {
    file = home.resolve("config");
    environment.put(ProfileFile.VARIABLE, file.toString());
    Files.writeString(file, TEXT);
  }

  private CommandLineRun run(String line) {
    return CommandLineRun.with("", environment, line.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "topic list | 127.0.0.1:1",
        "topic list --profile far | 127.0.0.1:2",
        "--profile far topic list | 127.0.0.1:2",
        "--profile=far topic list | 127.0.0.1:2",
        "--profile local topic list --profile far | 127.0.0.1:2",
        "topic list --bootstrap 127.0.0.1:4 --profile far | 127.0.0.1:4",
        "MILLRACE_PROFILE=far topic list | 127.0.0.1:2",
        "MILLRACE_PROFILE=far topic list --profile local | 127.0.0.1:1",
        "MILLRACE_BOOTSTRAP=127.0.0.1:5 topic list --profile far | 127.0.0.1:5",
        "MILLRACE_BOOTSTRAP=127.0.0.1:5 topic list -b 127.0.0.1:6 | 127.0.0.1:6",
      })
  void takesFlagsOverTheEnvironmentOverTheProfile(String line, String broker) {
    String command = line;
    if (line.startsWith("MILLRACE")) {
      String[] variable = line.substring(0, line.indexOf(' ')).split("=");
      environment.put(variable[0], variable[1]);
      command = line.substring(line.indexOf(' ') + 1);
    }
    CommandLineRun run = run(command);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).startsWith("millrace: no broker answers: " + broker + " refused");
  }

  @Test
  void showsWhatHoldsAndWhereItComesFrom() {
    environment.put("MILLRACE_TIMEOUT", "7s");
    assertThat(run("profile show far").out())
        .isEqualTo(
            """
            profile  far

            SETTING    VALUE                    SOURCE
            bootstrap  127.0.0.1:2,127.0.0.1:3  %1$s:10
            timeout    7s                       $MILLRACE_TIMEOUT
            output     json                     %1$s:12
            """
                .formatted(file));
    assertThat(run("profile show").out()).startsWith("profile  local\n").contains("default");
    assertThat(run("profile show -o json").out()).contains("\"profile\": \"local\"");
  }

  @Test
  void listsProfiles() {
    assertThat(run("profile list").out())
        .isEqualTo(
            """
            USED  NAME   BOOTSTRAP                TIMEOUT  OUTPUT
            *     local  127.0.0.1:1
                  far    127.0.0.1:2,127.0.0.1:3  20s      json
            """);
    assertThat(run("profile list -o json").out()).contains("\"in_use\": true");
  }

  @Test
  void changesOnlyTheLinesThatItIsAbout() throws IOException {
    assertThat(run("profile set local timeout=5s"))
        .isEqualTo(new CommandLineRun(0, "set profile local in " + file + "\n", ""));
    run("profile set far timeout=9s --unset output");
    run("profile set new bootstrap=b:1 output=yaml");
    run("profile use far");
    assertThat(file)
        .hasContent(
            """
            # mine
            use = far

            [local]
            # on this machine
            bootstrap = 127.0.0.1:1
            timeout = 5s

            # the other one
            [far]
            bootstrap = 127.0.0.1:2,127.0.0.1:3
            timeout = 9s

            [new]
            bootstrap = b:1
            output = yaml
            """);
    run("profile delete far");
    run("profile delete new");
    assertThat(file)
        .hasContent(
            """
            # mine

            [local]
            # on this machine
            bootstrap = 127.0.0.1:1
            timeout = 5s

            # the other one

            """);
    run("profile use local");
    assertThat(Files.readString(file)).startsWith("use = local\n# mine\n");
    run("profile use --none");
    assertThat(Files.readString(file)).startsWith("# mine\n");
  }

  @Test
  void makesTheFileAtItsUsualPlace() {
    environment.remove(ProfileFile.VARIABLE);
    environment.put("HOME", home.toString());
    assertThat(run("profile list").err())
        .isEqualTo("no profiles in " + home.resolve(".config/millrace/config") + "\n");
    run("profile set p timeout=5s");
    assertThat(home.resolve(".config/millrace/config")).hasContent("[p]\ntimeout = 5s\n");
    environment.put("XDG_CONFIG_HOME", home.resolve("xdg").toString());
    run("profile set p timeout=6s");
    assertThat(home.resolve("xdg/millrace/config")).hasContent("[p]\ntimeout = 6s\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "[a]Nbootstrp = x:1 | :2: unknown key 'bootstrp' (did you mean bootstrap?)",
        "[a]Nport = 1 | :2: unknown key 'port' (expected: bootstrap, timeout, output)",
        "[a]Ntimeout = soon | :2: timeout: 'soon' is not a time (expected: 500ms",
        "[a]Ntimeout = 0 | :2: timeout: '0' (expected: more than 0",
        "[a]Noutput = xml | :2: output: 'xml' (expected: table, wide, json, yaml)",
        "[a]Nbootstrap = b:port | :2: bootstrap: 'b:port' is not HOST:PORT",
        "[a]Nbootstrap | :2: bootstrap (expected: key = value, [profile] or # comment)",
        "[a]Ntimeout = 1sNtimeout = 20s | :3: timeout is set twice (expected: once in a profile)",
        "[a]N[a] | :2: [a] is there twice (expected: once)",
        "[a b] | :1: [a b] (expected: a name of letters, digits, . _ and -)",
        "timeout = 1s | :1: timeout (expected before the first [profile]: use = NAME, once)",
        "use = bN[a] | :1: no profile 'b' in ",
      })
  void namesTheLineThatIsWrong(String text, String message) throws IOException {
    Files.writeString(file, text.replace('N', '\n'));
    for (String line : new String[] {"topic list", "profile list", "profile set a timeout=1s"}) {
      CommandLineRun run = run(line);
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).startsWith("millrace: " + file + message);
    }
    assertThat(run("topic list --help").exitCode()).isZero();
    assertThat(run("config show").exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "topic list --profile fra | --profile: no profile 'fra' in ",
        "profile show fra | --profile: no profile 'fra' in ",
        "--profile far config show | --profile is for commands that connect to a cluster",
        "profile set a | nothing to set: give KEY=VALUE or --unset KEY",
        "profile set a timeout | 'timeout' (expected: KEY=VALUE)",
        "profile set a timeot=1s | unknown key 'timeot' (did you mean timeout?)",
        "profile set a timeout=1x | timeout: '1x' is not a time",
        "profile set a --unset timeot | unknown key 'timeot' (did you mean timeout?)",
        "profile set [a] timeout=1s | '[a]' (expected: a name of letters, digits, . _ and -)",
        "profile use | which profile? give NAME or --none",
        "profile | what about profiles? list, show, set, use or delete",
      })
  void refusesMistakesInTheCommandLineAndWritesNothing(String line, String message) {
    CommandLineRun run = run(line);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("millrace: " + message);
    assertThat(file).hasContent(TEXT);
  }

  @Test
  void refusesAVariableThatIsWrong() {
    environment.put("MILLRACE_TIMEOUT", "soon");
    CommandLineRun run = run("topic list");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("millrace: MILLRACE_TIMEOUT: 'soon' is not a time");
  }

  @Test
  void suggestsTheNearestProfileAndChangesNone() {
    assertThat(run("profile delete locla").err())
        .isEqualTo("millrace: no profile 'locla' in " + file + " (did you mean local?)\n");
    assertThat(run("profile use locla").exitCode()).isEqualTo(1);
    assertThat(file).hasContent(TEXT);
  }

  @Test
  void writesResultsInTheFormatOfTheProfile(@TempDir Path data) {
    try (TestNode node = new TestNode(data)) {
      environment.put("MILLRACE_BOOTSTRAP", node.bootstrap());
      assertThat(run("topic list --profile far").out()).isEqualTo("[]\n");
      assertThat(run("topic list --profile far -o yaml").out()).isEqualTo("[]\n");
      assertThat(run("topic create t --profile far").out()).startsWith("{\n  \"name\": \"t\"");
      assertThat(run("topic list").out()).startsWith("NAME");
    }
  }
}
