package io.millrace.cli;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.Partitioners;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --partitioner}. */
final class PartitionerConverter implements ITypeConverter<Supplier<Partitioner>> {
  private static final Map<String, Supplier<Partitioner>> NAMES = names();

  @Override
  public Supplier<Partitioner> convert(String value) {
    Supplier<Partitioner> partitioner = NAMES.get(value);
    if (partitioner == null) {
      throw new TypeConversionException(
          "'" + value + "' (expected: " + String.join(", ", NAMES.keySet()) + ")");
    }
    return partitioner;
  }

  private static Map<String, Supplier<Partitioner>> names() {
    Map<String, Supplier<Partitioner>> names = new LinkedHashMap<>();
    names.put("key-hash", Partitioners::keyHash);
    names.put("sticky", Partitioners::sticky);
    names.put("round-robin", Partitioners::roundRobin);
    names.put("random", Partitioners::random);
    return names;
  }

  /** What a shell completes. */
  static final class Candidates implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return NAMES.keySet().iterator();
    }
  }
}
