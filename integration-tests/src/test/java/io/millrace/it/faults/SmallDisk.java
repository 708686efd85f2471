package io.millrace.it.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory that can be made to fail under a process that uses it. Where file systems may be
 * mounted it is one of its own, and its failure is that it is really full. Elsewhere the directory
 * is moved away, as one is that somebody unmounts.
 */
final class SmallDisk implements AutoCloseable {
  private static final int MEGABYTES = 96;

  private final Path directory;
  private final Path filler;
  private final Path away;
  private final boolean mounted;

  private SmallDisk(Path directory, boolean mounted) {
    this.directory = directory;
    this.filler = directory.resolve("filler");
    this.away = directory.resolveSibling("away");
    this.mounted = mounted;
  }

  static SmallDisk at(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    String size = "size=" + MEGABYTES + "m";
    boolean mounted =
        runs(List.of("mount", "-t", "tmpfs", "-o", size, "millrace", directory.toString()));
    return new SmallDisk(directory, mounted);
  }

  /** Its data directory, on that file system and not the root of it. */
  Path path() {
    return directory.resolve("data");
  }

  /** From now on writes fail: there is no space left, or no directory. */
  void fail() throws IOException {
    if (!mounted) {
      Files.move(path(), away);
      return;
    }
    byte[] bytes = new byte[4096];
    try (OutputStream file = Files.newOutputStream(filler)) {
      while (true) {
        file.write(bytes);
      }
    } catch (IOException full) {
      if (directory.toFile().getUsableSpace() > 0) {
        throw full;
      }
    }
  }

  /** There is space again. */
  void mend() throws IOException {
    if (mounted) {
      Files.delete(filler);
    } else {
      Files.move(away, path());
    }
  }

  /** For people. */
  String failure() {
    return mounted ? "a full disk" : "a directory that is gone";
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (mounted && !runs(List.of("umount", directory.toString()))) {
      throw new IOException(directory + " can't be unmounted");
    }
  }

  private static boolean runs(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }
}
