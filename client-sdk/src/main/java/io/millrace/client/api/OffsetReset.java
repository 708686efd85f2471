package io.millrace.client.api;

import java.time.Duration;
import java.util.Optional;

/**
 * Where to read on when there is no place to go on at: the group has committed none for the
 * partition, or the place is out of the log's range (S41). Kafka calls it {@code
 * auto.offset.reset}.
 */
public final class OffsetReset {
  /** Nowhere: the poll throws. */
  public static final OffsetReset NONE = new OffsetReset("none", Optional.empty());

  /** At the first record that is kept. */
  public static final OffsetReset EARLIEST = new OffsetReset("earliest", Optional.empty());

  /** At the end. */
  public static final OffsetReset LATEST = new OffsetReset("latest", Optional.empty());

  private final String name;
  private final Optional<Duration> age;

  private OffsetReset(String name, Optional<Duration> age) {
    this.name = name;
    this.age = age;
  }

  /**
   * At the first record that is no older than this, counted back from the moment of the reset
   * (KIP-1106).
   *
   * @param age 0 or more
   * @throws IllegalArgumentException if it is negative
   */
  public static OffsetReset byAge(Duration age) {
    ConfigChecks.notNegative("age", age);
    return new OffsetReset("by age " + age, Optional.of(ConfigChecks.bounded(age)));
  }

  /** How old the first record may be; empty for a reset that is not by age. */
  public Optional<Duration> age() {
    return age;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OffsetReset reset && reset.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
