package io.millrace.it.simulation;

import io.millrace.common.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The last events of a run, for a person. Confined to the simulation's thread. A line is put
 * together only when somebody reads it.
 */
final class Trace {
  private static final int KEPT = 400;

  private record Line(long atMicros, String format, List<Object> values) {}

  private final VirtualTime time;
  private final ArrayDeque<Line> lines = new ArrayDeque<>(KEPT);

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
    lines.add(new Line(time.nowMicros(), format, Arrays.asList(values)));
  }

  /** The last lines, oldest first. */
  List<String> tail(int count) {
    List<String> tail = new ArrayList<>();
    int skipped = Math.max(0, lines.size() - count);
    for (Line line : lines) {
      if (skipped-- > 0) {
        continue;
      }
      tail.add(
          String.format("%10.3f ms  ", line.atMicros / 1_000.0)
              + String.format(line.format, line.values.toArray()));
    }
    return tail;
  }
}
