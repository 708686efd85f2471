package io.millrace.cli.perf;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads whole numbers and tells the bounds of those that are out of them. */
final class Amounts {
  /** The largest record: what a client accepts in one message, unless it is told otherwise. */
  static final int RECORD_BYTES_MAX = 64 << 20;

  private static final int RATE_MAX = 1_000_000_000;
  private static final int LINGER_MS_MAX = 60_000;

  private Amounts() {}

  /** A number of records, of which there must be one. */
  static final class Records implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      return parse(value, 1, Long.MAX_VALUE);
    }
  }

  /** The same, but there may be none. */
  static final class MaybeRecords implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      return parse(value, 0, Long.MAX_VALUE);
    }
  }

  /** Records a second. */
  static final class Rate implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return Math.toIntExact(parse(value, 1, RATE_MAX));
    }
  }

  /** The length of a record's value. */
  static final class RecordBytes implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return Math.toIntExact(parse(value, 1, RECORD_BYTES_MAX));
    }
  }

  /** A size that one array or message may have. */
  static final class Bytes implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return Math.toIntExact(parse(value, 1, 1 << 30));
    }
  }

  /** A size of memory. */
  static final class MemoryBytes implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      return parse(value, 1, 16L << 30);
    }
  }

  /** A linger time. */
  static final class LingerMs implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return Math.toIntExact(parse(value, 0, LINGER_MS_MAX));
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
    String bounds = most == Long.MAX_VALUE ? least + " or more" : least + " to " + most;
    throw new TypeConversionException("'" + value + "' (expected: a whole number, " + bounds + ")");
  }
}
