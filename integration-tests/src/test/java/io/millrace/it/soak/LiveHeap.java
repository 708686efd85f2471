package io.millrace.it.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JDK's own count of the objects that are reachable in a JVM. It collects first, but leaves
 * that out while a thread is in a codec's native code that pins an array; then it counts what is
 * dead as well. So it is asked more than once, and the least is taken.
 */
final class LiveHeap {
  /** {@code Total 12345 6789012}: how many objects, and their bytes. */
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)\\s*$");

  private static final int TRIES = 2;

  private LiveHeap() {}

  static long kb(long pid) throws IOException, InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      least = Math.min(least, countKb(pid));
    }
    return least;
  }

  private static long countKb(long pid) throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exitCode = process.waitFor();
    if (exitCode != 0) {
      throw new IOException(jcmd + " ended with " + exitCode + ":\n" + answer);
    }
    return parseKb(answer);
  }

  static long parseKb(String histogram) {
    Matcher matcher = TOTAL.matcher(histogram);
    if (!matcher.find()) {
      throw new IllegalStateException("no total in:\n" + histogram);
    }
    return Long.parseLong(matcher.group(1)) / 1024;
  }
}
