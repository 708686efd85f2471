package io.millrace.cli;

import io.millrace.client.api.OffsetSpec;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import picocli.CommandLine.TypeConversionException;

/** A place in a partition's log, as {@code --from} and {@code --to} name it. */
sealed interface Place {
  /**
   * A place that the broker knows.
   *
   * @param spec which one
   */
  record Known(OffsetSpec spec) implements Place {}

  /**
   * So many offsets before the end, or the start if there are fewer.
   *
   * @param offsets more than 0
   */
  record BeforeEnd(long offsets) implements Place {}

  /**
   * Reads earliest, latest, an offset, -5 (before the end), a date or time, or how long ago.
   *
   * @throws TypeConversionException if it is none of these
   */
  static Place parse(String text, long nowMs) {
    if (text.equals("earliest")) {
      return new Known(OffsetSpec.earliest());
    }
    if (text.equals("latest")) {
      return new Known(OffsetSpec.latest());
    }
    if (text.matches("\\d{1,18}")) {
      return new Known(OffsetSpec.offset(Long.parseLong(text)));
    }
    if (text.matches("-0*[1-9]\\d{0,17}")) {
      return new BeforeEnd(-Long.parseLong(text));
    }
    return new Known(OffsetSpec.time(timeMs(text, nowMs)));
  }

  private static long timeMs(String text, long nowMs) {
    if (text.matches("@\\d{1,18}")) {
      return Long.parseLong(text.substring(1));
    }
    boolean negative = text.startsWith("-");
    String age = negative ? text.substring(1) : text;
    if (Durations.isDuration(age) && !age.matches("\\d+")) {
      return nowMs - Durations.parse(age).toMillis();
    }
    try {
      return Times.instant(text).toEpochMilli();
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "'"
              + text
              + "' is no place in a log (expected: earliest, latest, an offset, -N for the last N, a"
              + " time such as 2026-01-31T12:00:00Z, 2026-01-31 or @1769860800000, or an age such as"
              + " 15m)");
    }
  }

  /** Reads dates and times. */
  final class Times {
    private static final DateTimeFormatter FORM =
        DateTimeFormatter.ofPattern("yyyy-MM-dd['T'][' '][HH:mm[:ss[.SSS]]][XXX]");

    private Times() {}

    private static Instant instant(String text) {
      TemporalAccessor parsed =
          FORM.parseBest(text, OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
      if (parsed instanceof OffsetDateTime moment) {
        return moment.toInstant();
      }
      LocalDateTime local =
          parsed instanceof LocalDateTime time ? time : LocalDate.from(parsed).atStartOfDay();
      return local.atZone(ZoneId.systemDefault()).toInstant();
    }
  }
}
