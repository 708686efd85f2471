package io.millrace.cli;

import io.millrace.broker.log.inspect.DumpOptions;
import io.millrace.broker.log.inspect.LogInspector;
import io.millrace.common.file.RealFileStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace log dump}. */
@Command(
    name = "dump",
    description = {
      "Prints the batches of a partition's directory or of one of its files.",
      "Of an .index or .timeindex file, prints the entries. Also beside a running broker. Exit code"
          + " 1 if something is damaged."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} log dump data/orders-0",
      "  ${ROOT-COMMAND-NAME} log dump data/orders-0 --from 1000 --max 5 --records",
      "  ${ROOT-COMMAND-NAME} log dump data/orders-0/00000000000000000000.index -o json",
    })
final class LogDump implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();

  @Parameters(paramLabel = "PATH", description = "A partition's directory, or one of its files.")
  private Path path = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "OFFSET",
      converter = Numbers.NotNegativeLong.class,
      description = "Leave out what lies before this offset.")
  private long from;

  @Option(
      names = {"-n", "--max"},
      paramLabel = "N",
      converter = Numbers.NotNegativeLong.class,
      description = "End after so many batches.")
  private long max = Long.MAX_VALUE;

  @Option(names = "--records", description = "Print the records of each batch too.")
  private boolean records;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "json prints an object a line.")
  private Optional<OutputFormat> output = Optional.empty();

  LogDump(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    if (output.isPresent() && output.get() != OutputFormat.json) {
      throw new ParameterException(
          command.commandLine(), "-o " + output.get() + ": log dump prints text or json");
    }
    DumpOptions options = DumpOptions.BATCHES.from(from).atMost(max);
    DumpPrinter printer = new DumpPrinter(context.out(), output.isPresent());
    try {
      LogInspector.dump(
          new RealFileStore(), path, records ? options.withRecords() : options, printer);
    } catch (NoSuchFileException e) {
      throw new CliException("there is no " + path);
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
    context.out().flush();
    return printer.findings() == 0 ? 0 : ErrorReports.FAILURE;
  }
}
