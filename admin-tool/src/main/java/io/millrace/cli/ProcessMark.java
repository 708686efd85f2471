package io.millrace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells a process from a later one with the same number, whatever is done to the wall clock
 * meanwhile (the start time of {@link ProcessHandle.Info} is counted back from it). Stateless.
 */
final class ProcessMark {
  /** Of {@code /proc/PID/stat}, counted from the one after the name in parentheses: field 22. */
  private static final int START_TICKS = 22 - 3;

  private static final Path PROC = Path.of("/proc");

  private ProcessMark() {}

  /** One line, the same as long as the process runs. */
  static String of(ProcessHandle process) {
    return of(PROC, process);
  }

  /**
   * On Linux the ticks from the boot to the start, and which boot; elsewhere the command line.
   *
   * @param proc where Linux has its processes
   */
  static String of(Path proc, ProcessHandle process) {
    try {
      String stat = Files.readString(proc.resolve(process.pid() + "/stat"));
      // The name may have spaces and parentheses itself.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
      String boot = Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
      return fields[START_TICKS] + " ticks after boot " + boot;
    } catch (IOException | IndexOutOfBoundsException notLinux) {
      return process.info().commandLine().orElse("unknown").replaceAll("\\s+", " ");
    }
  }
}
