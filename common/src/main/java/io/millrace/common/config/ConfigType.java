package io.millrace.common.config;

import java.util.List;

/**
 * How a setting's text is read and written. Immutable.
 *
 * @param <T> what a value is in Java
 */
public interface ConfigType<T> {
  /** The type's name in the reference, for example {@code size} or {@code os | commit}. */
  String label();

  /** What a value looks like, for the end of the sentence "expected: …". */
  String expected();

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException if the text is not one; its message is not shown
   */
  T parse(String text);

  /** Writes a value so that {@link #parse} reads it again. */
  String render(T value);

  /** The value for people, for example {@code 604800000 (7 days)}. */
  default String describe(T value) {
    return render(value);
  }

  /**
   * A list of values of this type, separated by commas. Blanks around them are dropped; an empty
   * text is the empty list.
   */
  default ConfigType<List<T>> list() {
    return new ListType<>(this);
  }
}
