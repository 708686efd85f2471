package io.millrace.client.api;

import java.time.Duration;

/** Bounds of settings, with one form of message. */
final class ConfigChecks {
  /** A longer time means for ever; this one can be added to any clock's time. */
  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  /** The longest time whose milliseconds fit into the 32 bits that they get. */
  private static final Duration LONGEST_OF_32_BITS = Duration.ofDays(24);

  private ConfigChecks() {}

  /** The time, or a hundred years if that is shorter. */
  static Duration bounded(Duration value) {
    return value.compareTo(FOR_EVER) < 0 ? value : FOR_EVER;
  }

  /** The time, or 24 days if that is shorter. */
  static Duration boundedTo32Bits(Duration value) {
    return value.compareTo(LONGEST_OF_32_BITS) < 0 ? value : LONGEST_OF_32_BITS;
  }

  static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: more than 0)");
    }
  }

  static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 0 or more)");
    }
  }

  static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }

  static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + least + " to " + most + ")");
    }
  }
}
