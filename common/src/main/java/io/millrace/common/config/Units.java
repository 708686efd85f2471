package io.millrace.common.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with a unit: the unit's name in lower case to how many of the smallest unit it is. */
final class Units {
  /** 1 KB is 1,024 bytes. */
  static final Units SIZES =
      new Units(
          List.of("KB", "MB", "GB", "TB"),
          Map.of(
              "", 1L, "b", 1L, "kb", 1L << 10, "mb", 1L << 20, "gb", 1L << 30, "tb", 1L << 40,
              "kib", 1L << 10, "mib", 1L << 20, "gib", 1L << 30, "tib", 1L << 40));

  /** In milliseconds. */
  static final Units DURATIONS_MS =
      new Units(
          List.of("s", "min", "h", "d"),
          Map.of(
              "",
              1L,
              "ms",
              1L,
              "s",
              1_000L,
              "min",
              60_000L,
              "m",
              60_000L,
              "h",
              3_600_000L,
              "d",
              86_400_000L));

  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(-?\\d{1,19})\\s*([a-zA-Z]*)");

  private final Map<String, Long> factors;
  private final Map<String, Long> shown;

  private Units(List<String> shownSmallestFirst, Map<String, Long> factors) {
    this.factors = factors;
    this.shown = new LinkedHashMap<>();
    for (String unit : shownSmallestFirst) {
      shown.put(unit, factors.getOrDefault(unit.toLowerCase(Locale.ROOT), 1L));
    }
  }

  /**
   * Reads a number with an optional unit.
   *
   * @throws IllegalArgumentException if it is not one
   * @throws ArithmeticException if it does not fit a long
   */
  long parse(String text) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    Long factor = factors.get(matcher.group(2).toLowerCase(Locale.ROOT));
    if (factor == null) {
      throw new IllegalArgumentException(text);
    }
    return Math.multiplyExact(Long.parseLong(matcher.group(1)), factor);
  }

  /** The number, and in brackets the same in the largest unit that divides it. */
  String describe(long value) {
    String text = Long.toString(value);
    if (value == Long.MAX_VALUE) {
      return text + " (unbounded)";
    }
    String inUnit = "";
    for (Map.Entry<String, Long> unit : shown.entrySet()) {
      if (value > 0 && value % unit.getValue() == 0) {
        inUnit = " (" + value / unit.getValue() + " " + unit.getKey() + ")";
      }
    }
    return text + inUnit;
  }
}
