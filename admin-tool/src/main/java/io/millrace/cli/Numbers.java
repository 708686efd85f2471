package io.millrace.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads whole numbers that have a least value. */
final class Numbers {
  private Numbers() {}

  /** A number of things there must be one of. */
  static final class AtLeastOne implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return Math.toIntExact(parse(value, 1, Integer.MAX_VALUE));
    }
  }

  /** An index, or a number of things there may be none of. */
  static final class NotNegative implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return Math.toIntExact(parse(value, 0, Integer.MAX_VALUE));
    }
  }

  /** The same beyond the range of an int: an offset, a number of records. */
  static final class NotNegativeLong implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      return parse(value, 0, Long.MAX_VALUE);
    }
  }

  private static long parse(String value, long least, long most) {
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new TypeConversionException(
        "'" + value + "' (expected: a whole number, " + least + " or more)");
  }
}
