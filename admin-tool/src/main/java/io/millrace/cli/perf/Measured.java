package io.millrace.cli.perf;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How much went through in what time.
 *
 * @param records how many
 * @param bytes of their values
 * @param nanos from the first to the last of them
 */
record Measured(long records, long bytes, long nanos) {
  private static final double MB = 1 << 20;

  static Measured of(Tally tally, long nanos) {
    return new Measured(tally.records(), tally.bytes(), nanos);
  }

  /** For programs; MB is 1,048,576 bytes of values. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("records", records);
    data.put("seconds", rounded(seconds()));
    data.put("records_per_s", rounded(perSecond(records)));
    data.put("mb_per_s", rounded(perSecond(bytes) / MB));
    return data;
  }

  /** For people. */
  String text() {
    return String.format(
        Locale.ROOT,
        "in %.3f s: %,.0f records/s, %.2f MB/s (MB = 1,048,576 bytes of values)",
        seconds(),
        perSecond(records),
        perSecond(bytes) / MB);
  }

  static BigDecimal ms(long nanos) {
    return rounded(nanos / 1e6);
  }

  private double seconds() {
    return nanos / (double) TimeUnit.SECONDS.toNanos(1);
  }

  private double perSecond(long amount) {
    return nanos > 0 ? amount / seconds() : 0;
  }

  private static BigDecimal rounded(double number) {
    return BigDecimal.valueOf(number).setScale(3, RoundingMode.HALF_UP);
  }
}
