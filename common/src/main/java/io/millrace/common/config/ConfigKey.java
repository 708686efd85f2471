package io.millrace.common.config;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Locale;
import java.util.Map;

/**
 * A setting: everything that is known of it. Immutable; two keys are the same if they are the same
 * object.
 *
 * @param <T> what a value is in Java
 */
public final class ConfigKey<T> {
  private static final long NO_MIN = Long.MIN_VALUE;
  private static final long NO_MAX = Long.MAX_VALUE;

  private final String name;
  private final ConfigType<T> type;
  private final T defaultValue;
  private final String doc;
  private final long min;
  private final long max;
  private final boolean sensitive;

  private ConfigKey(
      String name,
      ConfigType<T> type,
      T defaultValue,
      String doc,
      long min,
      long max,
      boolean sensitive) {
    this.name = name;
    this.type = type;
    this.defaultValue = defaultValue;
    this.doc = doc;
    this.min = min;
    this.max = max;
    this.sensitive = sensitive;
    if (!inBounds(defaultValue)) {
      throw new IllegalArgumentException(
          name + ": the default is " + type.render(defaultValue) + " (expected: " + bounds() + ")");
    }
  }

  /**
   * A key without bounds.
   *
   * @param doc what it does, in one or two sentences for an operator
   */
  public static <T> ConfigKey<T> of(String name, ConfigType<T> type, T defaultValue, String doc) {
    return new ConfigKey<>(name, type, defaultValue, doc, NO_MIN, NO_MAX, false);
  }

  /** The same key with bounds, both included; only for types that are numbers. */
  public ConfigKey<T> between(long newMin, long newMax) {
    return new ConfigKey<>(name, type, defaultValue, doc, newMin, newMax, sensitive);
  }

  /** The same key with a lower bound, included; only for types that are numbers. */
  public ConfigKey<T> atLeast(long newMin) {
    return between(newMin, NO_MAX);
  }

  /** A key of the same type, default and bounds under another name. */
  public ConfigKey<T> as(String newName, String newDoc) {
    return new ConfigKey<>(newName, type, defaultValue, newDoc, min, max, sensitive);
  }

  /** The same key for a secret: its value is shown to nobody. */
  public ConfigKey<T> asSensitive() {
    return new ConfigKey<>(name, type, defaultValue, doc, min, max, true);
  }

  /** The name, for example {@code segment.bytes}. */
  public String name() {
    return name;
  }

  /** The type. */
  public ConfigType<T> type() {
    return type;
  }

  /** The value when nobody sets it. */
  public T defaultValue() {
    return defaultValue;
  }

  /** What it does. */
  public String doc() {
    return doc;
  }

  /** Whether the value is a secret, which is shown to nobody. */
  public boolean sensitive() {
    return sensitive;
  }

  /** The bounds for people, for example {@code >= 1}; empty when there are none. */
  public String bounds() {
    if (max != NO_MAX) {
      return min + " to " + max;
    }
    return min == NO_MIN ? "" : ">= " + min;
  }

  /** The environment variable that sets it on a broker. */
  public String environmentVariable() {
    return EffectiveConfig.ENVIRONMENT_PREFIX
        + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /**
   * Reads a value and checks its bounds.
   *
   * @throws io.millrace.common.MillraceException with {@link ErrorCode#INVALID_CONFIG}, naming the
   *     value and what was expected
   */
  public T parse(String text) {
    T value;
    try {
      value = type.parse(text.strip());
    } catch (IllegalArgumentException malformed) {
      throw refusal(text).exception();
    }
    if (!inBounds(value)) {
      throw refusal(text).exception();
    }
    return value;
  }

  /** The default as text. */
  public String renderDefault() {
    return type.render(defaultValue);
  }

  @Override
  public String toString() {
    return name;
  }

  private boolean inBounds(T value) {
    return !(value instanceof Number number)
        || (number.longValue() >= min && number.longValue() <= max);
  }

  private MillraceError refusal(String text) {
    String expected = bounds().isEmpty() ? type.expected() : type.expected() + ", " + bounds();
    return new MillraceError(
        ErrorCode.INVALID_CONFIG,
        name + ": " + text + " (expected: " + expected + ")",
        Map.of("key", name, "value", text, "expected", expected));
  }
}
