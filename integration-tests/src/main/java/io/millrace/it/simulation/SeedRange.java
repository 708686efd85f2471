package io.millrace.it.simulation;

/**
 * Seeds to run.
 *
 * @param from the first
 * @param to the last, at least the first
 */
record SeedRange(long from, long to) {
  SeedRange {
    if (from > to) {
      throw new IllegalArgumentException("seeds: " + from + ".." + to + " (expected: FROM..TO)");
    }
  }

  /** Reads {@code FROM..TO}, or one seed. */
  static SeedRange parse(String text) {
    int dots = text.indexOf("..");
    try {
      return dots < 0
          ? new SeedRange(Long.parseLong(text), Long.parseLong(text))
          : new SeedRange(
              Long.parseLong(text.substring(0, dots)), Long.parseLong(text.substring(dots + 2)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("seeds: " + text + " (expected: FROM..TO)", e);
    }
  }

  @Override
  public String toString() {
    return from + ".." + to;
  }
}
