package io.millrace.broker.log.dir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two processes, one directory, on the real disk. */
@Timeout(60)
class DataDirProcessTest {
  @TempDir Path directory;

  private DataDirOpening opening() {
    FileStore store = new RealFileStore();
    return new DataDirOpening(store, directory, "c1", 1, BootIdSource.ofKernel(store));
  }

  /** The other process: opens the directory and tells what came of it. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] args) throws IOException {
      FileStore store = new RealFileStore();
      Path directory = Path.of(args[0]);
      try (DataDir dir =
          new DataDirOpening(store, directory, "c1", 1, BootIdSource.ofKernel(store)).open()) {
        System.out.println("opened, page cache lost: " + dir.mayHaveLostPageCache());
      } catch (DataDirException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private String openInAnotherProcess() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Opener.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  @Test
  void aSecondProcessIsRefusedUntilTheFirstHasGone() throws Exception {
    opening().format(new UUID(1, 2));
    try (DataDir dir = opening().open()) {
      assertThat(dir.mayHaveLostPageCache()).isFalse();
      // Refused here too, and that must not end the lock.
      assertThatThrownBy(() -> opening().open()).isInstanceOf(DataDirException.class);
      assertThat(openInAnotherProcess())
          .endsWith(
              "data directory "
                  + directory
                  + ": in use by another process, which holds "
                  + directory.resolve(".lock")
                  + " (expected: one process for each data directory)");
    }
    assertThat(openInAnotherProcess()).endsWith("opened, page cache lost: false");
  }
}
