package io.millrace.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads 500ms, 30s, 2m, 3h or 7d; a bare number counts seconds. */
public final class Durations implements ITypeConverter<Duration> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|min|h|d)?");

  @Override
  public Duration convert(String value) {
    return parse(value);
  }

  /** A time that something may take: there must be some. */
  public static final class MoreThanZero implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      Duration duration = parse(value);
      if (duration.isZero()) {
        throw new TypeConversionException(
            "'" + value + "' (expected: more than 0, such as 500ms, 30s or 2m)");
      }
      return duration;
    }
  }

  static Duration parse(String value) {
    Matcher matcher = FORM.matcher(value);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "'" + value + "' is not a time (expected: 500ms, 30s, 2m, 3h or 7d)");
    }
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2) == null ? "s" : matcher.group(2);
    return switch (unit) {
      case "ms" -> Duration.ofMillis(number);
      case "m", "min" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      case "d" -> Duration.ofDays(number);
      default -> Duration.ofSeconds(number);
    };
  }

  /** The form that {@link #parse} reads, in the largest unit that divides it. */
  public static String text(Duration duration) {
    long ms = duration.toMillis();
    if (ms % 1_000 != 0) {
      return ms + "ms";
    }
    return ms == 0 || ms % 60_000 != 0 ? ms / 1_000 + "s" : ms / 60_000 + "m";
  }

  static boolean isDuration(String value) {
    return FORM.matcher(value).matches();
  }
}
