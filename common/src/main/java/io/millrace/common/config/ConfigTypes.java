package io.millrace.common.config;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The types that settings have. */
public final class ConfigTypes {
  /** Any text. */
  public static final ConfigType<String> STRING =
      new SimpleType<>("string", "a text", Function.identity());

  /** {@code true} or {@code false}. */
  public static final ConfigType<Boolean> BOOLEAN =
      new SimpleType<>("boolean", "true or false", ConfigTypes::parseBoolean);

  /** A whole number of 32 bits. */
  public static final ConfigType<Integer> INT =
      new SimpleType<>("int", "a whole number", Integer::valueOf);

  /** A whole number of 64 bits. */
  public static final ConfigType<Long> LONG =
      new SimpleType<>("long", "a whole number", Long::valueOf);

  /** A share of a whole: a number from 0 to 1. */
  public static final ConfigType<Double> RATIO =
      new SimpleType<>("ratio", "a number from 0 to 1, such as 0.5", ConfigTypes::parseRatio);

  /** Bytes as a long: a number alone, or with KB, MB, GB or TB (1 KB = 1,024 bytes). */
  public static final ConfigType<Long> SIZE =
      new UnitType<>("size", "bytes, such as 65536, 64KB or 1GB", Units.SIZES, Function.identity());

  /** Bytes that fit an int, for what is one buffer or one message. */
  public static final ConfigType<Integer> BUFFER_SIZE =
      new UnitType<>("size", "bytes, such as 65536, 64KB or 1MB", Units.SIZES, Math::toIntExact);

  /** Milliseconds: a number alone, or with ms, s, min, h or d. */
  public static final ConfigType<Long> DURATION =
      new UnitType<>(
          "duration",
          "milliseconds, or a number with ms, s, min, h or d",
          Units.DURATIONS_MS,
          Function.identity());

  private ConfigTypes() {}

  /**
   * One of an enum's constants.
   *
   * @param name the text that stands for a constant
   */
  public static <E extends Enum<E>> ConfigType<E> oneOf(
      Class<E> constants, Function<E, String> name) {
    Map<String, E> byName = new LinkedHashMap<>();
    for (E constant : constants.getEnumConstants()) {
      byName.put(name.apply(constant), constant);
    }
    return new ChoiceType<>(byName, name);
  }

  private static Double parseRatio(String text) {
    double value = Double.parseDouble(text);
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(text);
    }
    return value;
  }

  private static Boolean parseBoolean(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private record SimpleType<T>(String label, String expected, Function<String, T> parser)
      implements ConfigType<T> {
    @Override
    public T parse(String text) {
      return parser.apply(text);
    }

    @Override
    public String render(T value) {
      return value.toString();
    }
  }

  private record UnitType<T extends Number>(
      String label, String expected, Units units, Function<Long, T> narrow)
      implements ConfigType<T> {
    @Override
    public T parse(String text) {
      try {
        return narrow.apply(units.parse(text));
      } catch (ArithmeticException tooLarge) {
        throw new IllegalArgumentException(text, tooLarge);
      }
    }

    @Override
    public String render(T value) {
      return value.toString();
    }

    @Override
    public String describe(T value) {
      return units.describe(value.longValue());
    }
  }

  private record ChoiceType<E>(Map<String, E> byName, Function<E, String> name)
      implements ConfigType<E> {
    @Override
    public String label() {
      return String.join(" / ", byName.keySet());
    }

    @Override
    public String expected() {
      return byName.size() == 1
          ? byName.keySet().iterator().next()
          : "one of " + String.join(", ", byName.keySet());
    }

    @Override
    public E parse(String text) {
      for (Map.Entry<String, E> choice : byName.entrySet()) {
        if (choice.getKey().equalsIgnoreCase(text)) {
          return choice.getValue();
        }
      }
      throw new IllegalArgumentException(text);
    }

    @Override
    public String render(E value) {
      return name.apply(value);
    }
  }
}
