package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DevNodeTest {
  private static final String FIELDS = " S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 30 0 ";

  private final ProcessHandle self = ProcessHandle.current();

  @TempDir Path data;

  @Test
  void processIsFoundByWhatItsNodeLeftAndALaterOneWithItsNumberIsNot() throws IOException {
    DevNode node = DevNode.of(data, 1, 9650);
    assertThat(node.process()).isEmpty();
    Path pid = Files.createDirectories(node.home()).resolve("pid");
    Files.writeString(pid, self.pid() + "\n" + ProcessMark.of(self) + "\n");
    assertThat(node.process()).contains(self);
    Files.writeString(pid, self.pid() + "\nanother\n");
    assertThat(node.process()).isEmpty();
  }

  /** When the wall clock is set, what the JDK tells as the start of a process moves with it. */
  @Test
  void processIsKnownByTicksAndBootWhichNobodySets() throws IOException {
    proc("(java) (x y)" + FIELDS + "4711 9999 0", "b-1");
    assertThat(ProcessMark.of(data, self)).isEqualTo("4711 ticks after boot b-1");
    proc("(java)" + FIELDS + "4711 12 0", "b-2");
    assertThat(ProcessMark.of(data, self)).isEqualTo("4711 ticks after boot b-2");
  }

  @Test
  void processIsKnownByItsCommandLineWhereThereAreNoTicks() {
    assertThat(ProcessMark.of(data, self))
        .isEqualTo(self.info().commandLine().orElse("unknown").replaceAll("\\s+", " "))
        .doesNotContain("\n");
  }

  private void proc(String stat, String boot) throws IOException {
    Path process = Files.createDirectories(data.resolve("" + self.pid()));
    Files.writeString(process.resolve("stat"), self.pid() + " " + stat + "\n");
    Path random = Files.createDirectories(data.resolve("sys/kernel/random"));
    Files.writeString(random.resolve("boot_id"), boot + "\n");
  }
}
