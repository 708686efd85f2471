package io.millrace.cli;

import io.millrace.common.record.Compression;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --codec}. */
public final class CodecConverter implements ITypeConverter<Compression> {
  @Override
  public Compression convert(String value) {
    return Compression.fromName(value.toLowerCase(Locale.ROOT))
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'" + value + "' is none of none, gzip, snappy, lz4 and zstd"));
  }

  /** What a shell completes. */
  public static final class Candidates implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of("none", "gzip", "snappy", "lz4", "zstd").iterator();
    }
  }
}
