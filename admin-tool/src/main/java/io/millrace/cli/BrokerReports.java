package io.millrace.cli;

import io.millrace.common.MillraceException;
import java.util.Locale;

/** What the commands of brokers have in common. */
final class BrokerReports {
  private static final long KILO = 1_024;
  private static final String UNITS = "KMGTPE";

  private BrokerReports() {}

  /** A refusal for a person: with what to look at next. */
  static RuntimeException explained(CliContext context, MillraceException refusal) {
    return switch (refusal.code()) {
      case UNKNOWN_BROKER, BROKER_NOT_AVAILABLE, POLICY_VIOLATION ->
          new CliException(
              refusal.error().message() + " [" + refusal.code() + "]",
              "see them all:  " + context.command() + " cluster nodes");
      default -> refusal;
    };
  }

  /** Bytes for people: 512 B, 1.5 MB; with 1 KB = 1,024 bytes, as the settings have it. */
  static String size(long bytes) {
    if (bytes < 0) {
      return "?";
    }
    double amount = bytes;
    int unit = -1;
    while (amount >= KILO && unit + 1 < UNITS.length()) {
      amount /= KILO;
      unit++;
    }
    return unit < 0
        ? bytes + " B"
        : String.format(Locale.ROOT, "%.1f %sB", amount, UNITS.charAt(unit));
  }
}
