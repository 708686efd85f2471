package io.millrace.bench.kafka.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the system tells of processes: CPU time of user and system together, and resident memory
 * ({@code /proc}, so Linux only).
 */
public final class Processes {
  private Processes() {}

  /** The CPU time that a process has used. */
  public static Duration cpu(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(handle -> handle.info().totalCpuDuration())
        .orElseThrow(() -> new IllegalStateException("process " + pid + " has ended"));
  }

  /** Reads process ids separated by commas. */
  public static List<Long> pids(String text) {
    return Stream.of(text.split(",")).map(Long::valueOf).toList();
  }

  /** The CPU time that these have used together. */
  static Duration cpu(List<Long> pids) {
    return pids.stream().map(Processes::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  /** The resident memory of these together in bytes. */
  static long residentBytes(List<Long> pids) throws IOException {
    long bytes = 0;
    for (long pid : pids) {
      bytes += residentBytes(pid);
    }
    return bytes;
  }

  /** The resident memory of a process in bytes. */
  public static long residentBytes(long pid) throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    if (!Files.exists(status)) {
      throw new IllegalStateException("process " + pid + " has ended");
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IllegalStateException("process " + pid + " has ended");
  }
}
