package io.millrace.cli;

import io.millrace.common.Acks;
import io.millrace.common.MillraceException;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --acks}. */
public final class AcksConverter implements ITypeConverter<Acks> {
  @Override
  public Acks convert(String value) {
    try {
      return Acks.parse(value);
    } catch (MillraceException e) {
      throw new TypeConversionException("'" + value + "' is none of 0, 1 and all");
    }
  }

  /** What a shell completes. */
  public static final class Candidates implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of("0", "1", "all").iterator();
    }
  }
}
