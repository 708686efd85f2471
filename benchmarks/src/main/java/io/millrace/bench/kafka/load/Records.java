package io.millrace.bench.kafka.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Record values made beforehand and handed out in turn, so that making them costs the measured
 * window nothing. The same bytes in the same order for every process. Confined to one thread.
 */
public final class Records {
  private static final int POOL_BYTES = 16 << 20;

  private final byte[][] values;
  private int next;

  private Records(byte[][] values) {
    this.values = values;
  }

  /** What a text names: {@code random:BYTES} or {@code file:PATH}, a record for each line. */
  public static Records of(String text) throws IOException {
    if (text.startsWith("random:")) {
      return random(Integer.parseInt(text.substring("random:".length())));
    }
    if (text.startsWith("file:")) {
      return lines(Path.of(text.substring("file:".length())));
    }
    throw new IllegalArgumentException("'" + text + "' (expected: random:BYTES or file:PATH)");
  }

  private static Records random(int bytes) {
    Random random = new Random(1);
    byte[][] values = new byte[Math.max(1, POOL_BYTES / bytes)][bytes];
    for (byte[] value : values) {
      random.nextBytes(value);
    }
    return new Records(values);
  }

  private static Records lines(Path file) throws IOException {
    List<byte[]> values = new ArrayList<>();
    long bytes = 0;
    for (String line : Files.readAllLines(file)) {
      if (!line.isEmpty() && bytes < POOL_BYTES) {
        values.add(line.getBytes(StandardCharsets.UTF_8));
        bytes += line.length();
      }
    }
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no lines in the payload file");
    }
    return new Records(values.toArray(byte[][]::new));
  }

  /** The next value; it must not be changed. */
  public byte[] next() {
    byte[] value = values[next];
    next = next + 1 == values.length ? 0 : next + 1;
    return value;
  }
}
