package io.millrace.bench.kafka;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Lines of a table; a row has as many cells as the head. Confined to one thread. */
final class MarkdownTable {
  private final int columns;
  private final List<String> lines = new ArrayList<>();

  MarkdownTable(String... head) {
    columns = head.length;
    add(List.of(head));
    lines.add("|" + String.join("|", Collections.nCopies(columns, "---")) + "|");
  }

  MarkdownTable add(List<String> cells) {
    if (cells.size() != columns) {
      throw new IllegalArgumentException(cells.size() + " cells (expected: " + columns + ")");
    }
    lines.add(
        "| " + String.join(" | ", cells.stream().map(c -> c.replace("|", "\\|")).toList()) + " |");
    return this;
  }

  boolean isEmpty() {
    return lines.size() == 2;
  }

  String text() {
    return String.join("\n", lines) + "\n";
  }
}
