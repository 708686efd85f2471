package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns for people: as wide as their widest value, numbers to the right. */
public final class Table {
  private static final String GAP = "  ";

  private final List<String> columns;
  private final List<List<Object>> rows = new ArrayList<>();

  public Table(String... columns) {
    this.columns = List.of(columns);
  }

  /** Adds a row with a value for each column. */
  public Table row(Object... values) {
    if (values.length != columns.size()) {
      throw new IllegalArgumentException(
          "values: " + values.length + " (expected: " + columns.size() + ")");
    }
    rows.add(List.of(values));
    return this;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    line(text, List.copyOf(columns));
    rows.forEach(row -> line(text, row));
    return text.toString();
  }

  private void line(StringBuilder text, List<? extends Object> values) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < columns.size(); i++) {
      String value = values.get(i).toString();
      String padding = " ".repeat(width(i) - value.length());
      line.append(i == 0 ? "" : GAP).append(isNumeric(i) ? padding + value : value + padding);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private int width(int column) {
    int width = columns.get(column).length();
    for (List<Object> row : rows) {
      width = Math.max(width, row.get(column).toString().length());
    }
    return width;
  }

  private boolean isNumeric(int column) {
    return !rows.isEmpty() && rows.stream().allMatch(row -> row.get(column) instanceof Number);
  }
}
