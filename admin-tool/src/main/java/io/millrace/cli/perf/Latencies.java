package io.millrace.cli.perf;

import io.millrace.cli.Table;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long something took, often. Confined to the thread that records; whoever reads it must have
 * waited for that thread's last record.
 */
final class Latencies {
  private static final long LOWEST_NANOS = 1_000;
  private static final long HIGHEST_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int SIGNIFICANT_DIGITS = 3;

  /** The percentiles that are told, by their name in data. */
  private static final Map<String, Double> PERCENTILES = percentiles();

  private final Histogram nanos = new Histogram(LOWEST_NANOS, HIGHEST_NANOS, SIGNIFICANT_DIGITS);

  void record(long tookNanos) {
    nanos.recordValue(Math.max(0, Math.min(HIGHEST_NANOS, tookNanos)));
  }

  long count() {
    return nanos.getTotalCount();
  }

  /** Milliseconds by name; none if nothing was recorded. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    if (count() > 0) {
      PERCENTILES.forEach((name, percentile) -> data.put(name, ms(percentile)));
    }
    return data;
  }

  /** A table with a row for each. */
  static String table(Map<String, Latencies> all) {
    Table table = new Table("MS FROM SEND TO", "P50", "P95", "P99", "P99.9", "MAX");
    for (Entry<String, Latencies> entry : all.entrySet()) {
      if (entry.getValue().count() > 0) {
        Object[] ms = entry.getValue().data().values().toArray();
        table.row(entry.getKey(), ms[0], ms[1], ms[2], ms[3], ms[4]);
      }
    }
    return table.toString();
  }

  private BigDecimal ms(double percentile) {
    return BigDecimal.valueOf(nanos.getValueAtPercentile(percentile))
        .movePointLeft(6)
        .setScale(3, RoundingMode.HALF_UP);
  }

  private static Map<String, Double> percentiles() {
    Map<String, Double> percentiles = new LinkedHashMap<>();
    percentiles.put("p50", 50.0);
    percentiles.put("p95", 95.0);
    percentiles.put("p99", 99.0);
    percentiles.put("p999", 99.9);
    percentiles.put("max", 100.0);
    return percentiles;
  }
}
