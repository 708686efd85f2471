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

/** Reads {@code --from}: earliest, latest, an offset, a date or time, or how long ago. */
final class StartPlace {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("yyyy-MM-dd['T'][' '][HH:mm[:ss[.SSS]]][XXX]");

  private StartPlace() {}

  static OffsetSpec parse(String text, long nowMs) {
    if (text.equals("earliest")) {
      return OffsetSpec.earliest();
    }
    if (text.equals("latest")) {
      return OffsetSpec.latest();
    }
    if (text.matches("\\d{1,18}")) {
      return OffsetSpec.offset(Long.parseLong(text));
    }
    boolean negative = text.startsWith("-");
    String age = negative ? text.substring(1) : text;
    if (Durations.isDuration(age) && !(negative && age.matches("\\d+"))) {
      return OffsetSpec.time(nowMs - Durations.parse(age).toMillis());
    }
    try {
      return OffsetSpec.time(instant(text).toEpochMilli());
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "'"
              + text
              + "' is no place to start (expected: earliest, latest, an offset, a time such as"
              + " 2026-01-31T12:00:00Z or 2026-01-31, or an age such as 15m)");
    }
  }

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
