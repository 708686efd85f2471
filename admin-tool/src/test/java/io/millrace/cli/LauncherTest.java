package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shell script that starts the command, with a Java that only writes down how it was called.
 */
class LauncherTest {
  private static final Path SCRIPT = Path.of("..", "millrace").toAbsolutePath().normalize();

  @TempDir private Path home;
  private Path target;
  private Path calls;

  @BeforeEach
  void makeAFinishedBuild() throws IOException {
    target = Files.createDirectories(home.resolve("admin-tool").resolve("target"));
    calls = Files.createFile(home.resolve("calls"));
    Files.createFile(target.resolve("millrace-admin-tool-1.jar"));
    Files.copy(SCRIPT, home.resolve("millrace"));
  }

  /** A Java that makes an archive when it is told to, or fails to. */
  private Path java(String version, boolean archives) throws IOException {
    Path java = home.resolve("jdk-" + version);
    Files.createDirectories(java.resolve("bin"));
    Files.writeString(
        java.resolve("release"),
        "IMPLEMENTOR=\"Test\"\nJAVA_RUNTIME_VERSION=\"" + version + "\"\nJAVA_VERSION=\"0\"\n");
    Path program =
        Files.writeString(
            java.resolve("bin").resolve("java"),
            """
            #!/bin/sh
            echo "$@" ${MILLRACE_JAVA_OPTS+inherited} >> '%s'
            for argument in "$@"; do
              case $argument in
                -XX:ArchiveClassesAtExit=*) %s && : > "${argument#*=}" ;;
              esac
            done
            """
                .formatted(calls, archives));
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return java;
  }

  /** The calls of Java that one call of the script makes. */
  private List<String> run(Path java, String... arguments) throws Exception {
    return run(Map.of(), java, arguments);
  }

  private List<String> run(Map<String, String> environment, Path java, String... arguments)
      throws Exception {
    Files.writeString(calls, "");
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(
                    Stream.of("sh", home.resolve("millrace").toString()), Stream.of(arguments))
                .toList());
    builder.environment().put("JAVA_HOME", java.toString());
    builder.environment().remove("MILLRACE_JAVA_OPTS");
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    assertThat(output).isEmpty();
    return Files.readAllLines(calls);
  }

  @Test
  void keepsAnArchiveOfClassesForEachJava() throws Exception {
    Path first = java("17.0.1+2-test", true);
    Path second = java("25.0.3+9", true);
    for (Path java : List.of(first, second)) {
      String archive =
          target.resolve("classes-" + java.getFileName().toString().substring(4)) + ".jsa";
      List<String> calls = run(java, "topic", "list");
      assertThat(calls).hasSize(2);
      assertThat(calls.get(0)).contains("-XX:ArchiveClassesAtExit=" + archive + ".");
      assertThat(calls.get(1)).contains("-XX:SharedArchiveFile=" + archive + " ");
      assertThat(run(java, "topic", "list")).singleElement().asString().contains(archive);
    }
    assertThat(run(first, "topic", "list")).hasSize(1);
  }

  @Test
  void makesTheArchiveAgainForNewJars() throws Exception {
    Path java = java("17", true);
    run(java, "--version");
    Files.setLastModifiedTime(
        target.resolve("millrace-admin-tool-1.jar"),
        FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    assertThat(run(java, "--version")).hasSize(2);
  }

  @Test
  void doesNotTryAgainAndAgainToMakeAnArchive() throws Exception {
    Path java = java("17", false);
    assertThat(run(java, "--version")).hasSize(2);
    assertThat(run(java, "--version"))
        .singleElement()
        .asString()
        .doesNotContain("SharedArchiveFile");
  }

  @Test
  void choosesTheOptionsByTheCommandEvenAfterAProfile() throws Exception {
    Path java = java("25", true);
    run(java, "--version");
    for (List<String> before :
        List.of(List.<String>of(), List.of("--profile", "demo"), List.of("--profile=x"))) {
      assertThat(run(java, with(before, "server")))
          .singleElement()
          .asString()
          .contains(
              " -Xmx1g ",
              " -XX:Tier3InvocationThreshold=600 ",
              " --sun-misc-unsafe-memory-access=allow ");
      assertThat(run(java, with(before, "topic", "list")))
          .singleElement()
          .asString()
          .contains(" -XX:TieredStopAtLevel=1 ", " -Dslf4j.provider=");
      assertThat(run(java, with(before, "produce", "server")))
          .singleElement()
          .asString()
          .contains(" -XX:+TieredCompilation ");
    }
  }

  /** Another name would have them look for one, and start all of Log4j. */
  @Test
  void namesLoggingProvidersThatThereAre() throws Exception {
    Matcher named =
        Pattern.compile("-D(?:slf4j|log4j)\\.provider=(\\S+)").matcher(Files.readString(SCRIPT));
    List<String> names = named.results().map(result -> result.group(1)).toList();
    assertThat(names).hasSize(2);
    for (String name : names) {
      assertThat(Class.forName(name).getDeclaredConstructors()).isNotEmpty();
    }
  }

  /** A node would take the variable for a mistyped setting. */
  @Test
  void givesTheOptionsOfTheVariableToTheJvmAndTheVariableToNobody() throws Exception {
    Path java = java("17", true);
    run(java, "--version");
    for (String command : List.of("server", "consume")) {
      assertThat(run(Map.of("MILLRACE_JAVA_OPTS", "-Xmx3g -Dx=1"), java, command))
          .singleElement()
          .asString()
          .contains(" -Xmx3g -Dx=1 -cp ")
          .endsWith(" io.millrace.cli.Millrace " + command);
    }
  }

  private static String[] with(List<String> before, String... command) {
    return Stream.concat(before.stream(), Stream.of(command)).toArray(String[]::new);
  }
}
