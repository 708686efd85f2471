package io.millrace.cli.perf;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace perf}. */
@Command(
    name = "perf",
    description = "Measures rates and latencies of a cluster.",
    subcommands = {PerfProduce.class, PerfConsume.class, PerfLatency.class},
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} perf produce orders --records 1000000 --record-size 1000",
      "  ${ROOT-COMMAND-NAME} perf consume orders --records 1000000",
    })
public final class PerfCommand implements Runnable {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what is to be measured? produce, consume or latency");
  }
}
