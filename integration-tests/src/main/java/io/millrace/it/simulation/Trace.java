package io.millrace.it.simulation;

import io.millrace.common.time.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The last events of a run, for a person. Confined to the simulation's thread. A line is put
 * together only when somebody reads it.
 */
final class Trace {
  private static final int KEPT = 400;

  private record Line(long atMicros, String format, List<Object> values) {
    String text() {
      return String.format("%10.3f ms  ", atMicros / 1_000.0)
          + String.format(format, values.toArray());
    }
  }

  private final VirtualTime time;
  private final ArrayDeque<Line> lines = new ArrayDeque<>(KEPT);
  private Optional<CRC32C> sum = Optional.empty();

  Trace(VirtualTime time) {
    this.time = time;
  }

  /**
   * Notes what happens now.
   *
   * @param format as of {@link String#format}
   * @param values must not change any more
   */
  void add(String format, Object... values) {
    if (lines.size() == KEPT) {
      lines.remove();
    }
    Line line = new Line(time.nowMicros(), format, Arrays.asList(values));
    lines.add(line);
    sum.ifPresent(all -> all.update(line.text().getBytes(StandardCharsets.UTF_8)));
  }

  /** Sums up all lines from now on. */
  void sumUp() {
    sum = Optional.of(new CRC32C());
  }

  /** The sum of the lines since {@link #sumUp}: the same for the same lines. */
  long sum() {
    return sum.orElseThrow().getValue();
  }

  /** The last lines, oldest first. */
  List<String> tail(int count) {
    List<String> tail = new ArrayList<>();
    int skipped = Math.max(0, lines.size() - count);
    for (Line line : lines) {
      if (skipped-- > 0) {
        continue;
      }
      tail.add(line.text());
    }
    return tail;
  }
}
