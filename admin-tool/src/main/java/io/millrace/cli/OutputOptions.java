package io.millrace.cli;

import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Writes a command's result as it was asked for. */
public final class OutputOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}. Default: table, or the profile's.")
  private Optional<OutputFormat> given = Optional.empty();

  private OutputFormat preferred = OutputFormat.table;

  /** Takes what holds if no format is given. */
  void prefer(OutputFormat format) {
    preferred = format;
  }

  boolean wide() {
    return format() == OutputFormat.wide;
  }

  boolean forPrograms() {
    return format() == OutputFormat.json || format() == OutputFormat.yaml;
  }

  private OutputFormat format() {
    return given.orElse(preferred);
  }

  /**
   * Writes a result.
   *
   * @param data maps, lists, texts, numbers, booleans and nulls
   * @param text the same for people
   */
  public void print(CliContext context, Supplier<Object> data, Supplier<String> text) {
    switch (format()) {
      case json -> context.out().println(DataWriter.json(data.get(), true));
      case yaml -> context.out().print(DataWriter.yaml(data.get()));
      case table, wide -> context.out().print(text.get());
    }
    context.out().flush();
  }
}
