package io.millrace.cli.perf;

import io.millrace.cli.CommandGroup;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace perf}. */
@Command(
    name = "perf",
    description = "Measures rates and latencies of a cluster.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} perf produce orders --records 1000000 --record-size 1000",
      "  ${ROOT-COMMAND-NAME} perf consume orders --records 1000000",
    })
public final class PerfCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("produce", PerfProduce.class),
        new Member("consume", PerfConsume.class),
        new Member("latency", PerfLatency.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what is to be measured? produce, consume or latency");
  }
}
