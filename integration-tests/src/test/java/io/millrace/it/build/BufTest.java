package io.millrace.it.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The protocol's lint (STANDARD and COMMENTS) and its compatibility with the published one. Needs
 * the {@code buf} command, at {@code MILLRACE_BUF} or on the PATH; {@code npm
 * install @bufbuild/buf} brings it.
 */
class BufTest {
  private Path buf = Path.of("buf");

  @BeforeEach
  void findBuf() {
    Optional<Path> found = findCommand();
    assumeTrue(found.isPresent(), "needs the buf command: set MILLRACE_BUF or put buf on the PATH");
    buf = found.orElseThrow();
  }

  @Test
  void protocolFollowsTheLintRules() throws Exception {
    assertThat(run("lint")).isEmpty();
  }

  @Test
  void protocolIsCompatibleWithTheBaseline() throws Exception {
    assertThat(run("breaking", "--against", "baseline.binpb")).isEmpty();
  }

  @Test
  void aChangedFieldTypeIsSeenAsABreak(@TempDir Path copy) throws Exception {
    Path proto = ProjectFiles.root().resolve("proto");
    try (Stream<Path> files = Files.walk(proto.resolve("src/main/protobuf"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = copy.resolve(proto.relativize(file));
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
    Files.copy(proto.resolve("buf.yaml"), copy.resolve("buf.yaml"));
    Path producer = copy.resolve("src/main/protobuf/millrace/v1/producer.proto");
    String text = Files.readString(producer);
    Files.writeString(producer, text.replace("int64 base_offset = 4;", "string base_offset = 4;"));

    String said = run(copy, "breaking", "--against", proto.resolve("baseline.binpb").toString());

    assertThat(said).contains("base_offset");
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    return run(ProjectFiles.root().resolve("proto"), arguments);
  }

  private String run(Path directory, String... arguments) throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(Stream.of(buf.toString()), Arrays.stream(arguments)).toList();
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }

  private static Optional<Path> findCommand() {
    String named = System.getenv("MILLRACE_BUF");
    if (named != null) {
      return Optional.of(Path.of(named));
    }
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(directory -> Path.of(directory, "buf"))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
