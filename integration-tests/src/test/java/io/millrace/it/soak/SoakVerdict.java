package io.millrace.it.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Compares what processes held in the beginning with what they hold at the end. */
final class SoakVerdict {
  /**
   * How much may differ.
   *
   * @param memoryPercent how much memory may grow
   * @param memoryKb growth that is never too much
   * @param threads how many threads more or fewer there may be
   * @param descriptorPercent how many descriptors more or fewer there may be
   * @param descriptors a difference that is never too much
   */
  record Tolerance(
      int memoryPercent, long memoryKb, long threads, int descriptorPercent, long descriptors) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "memory may grow by %d %% or %d KB, threads differ by %d, descriptors by %d %% or %d",
          memoryPercent,
          memoryKb,
          threads,
          descriptorPercent,
          descriptors);
    }
  }

  /** A line of the table. */
  private record Row(String process, String what, long before, long after, boolean fits) {}

  private final Tolerance tolerance;
  private final List<Row> rows = new ArrayList<>();

  SoakVerdict(Tolerance tolerance) {
    this.tolerance = tolerance;
  }

  /** Compares the medians of two windows. */
  void compare(String process, List<ProcessSample> before, List<ProcessSample> after) {
    memory(process, "resident KB", before, after, ProcessSample::residentKb);
    memory(process, "direct KB", before, after, ProcessSample::directKb);
    count(process, "descriptors", before, after, ProcessSample::descriptors);
    count(process, "threads", before, after, ProcessSample::threads);
  }

  /** Compares what is left on the heap after a collection. */
  void compareHeap(String process, long beforeKb, long afterKb) {
    rows.add(new Row(process, "live heap KB", beforeKb, afterKb, memoryFits(beforeKb, afterKb)));
  }

  private void memory(
      String process,
      String what,
      List<ProcessSample> before,
      List<ProcessSample> after,
      ToLongFunction<ProcessSample> field) {
    long first = median(before, field);
    long last = median(after, field);
    rows.add(new Row(process, what, first, last, memoryFits(first, last)));
  }

  private boolean memoryFits(long beforeKb, long afterKb) {
    long most = Math.max(tolerance.memoryKb(), beforeKb * tolerance.memoryPercent() / 100);
    return afterKb - beforeKb <= most;
  }

  private void count(
      String process,
      String what,
      List<ProcessSample> before,
      List<ProcessSample> after,
      ToLongFunction<ProcessSample> field) {
    long first = median(before, field);
    long last = median(after, field);
    long most =
        what.equals("threads")
            ? tolerance.threads()
            : Math.max(tolerance.descriptors(), first * tolerance.descriptorPercent() / 100);
    rows.add(new Row(process, what, first, last, Math.abs(last - first) <= most));
  }

  private static long median(List<ProcessSample> samples, ToLongFunction<ProcessSample> field) {
    if (samples.isEmpty()) {
      throw new IllegalStateException("no samples in a window");
    }
    return samples.stream().mapToLong(field).sorted().toArray()[samples.size() / 2];
  }

  boolean passes() {
    return rows.stream().allMatch(Row::fits);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-8s %-13s %12s %12s %8s%n",
            "process",
            "what",
            "beginning",
            "end",
            "change"));
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-8s %-13s %12d %12d %+7.1f%%%s%n",
              row.process(),
              row.what(),
              row.before(),
              row.after(),
              100.0 * (row.after() - row.before()) / Math.max(1, row.before()),
              row.fits() ? "" : "  TOO MUCH"));
    }
    return text + "(" + tolerance + ")\n";
  }
}
