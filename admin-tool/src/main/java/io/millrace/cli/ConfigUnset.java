package io.millrace.cli;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace config unset}. */
@Command(
    name = "unset",
    description =
        "Takes settings of a topic, of a broker or of the cluster back to what holds without them.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} config unset --topic orders retention.ms",
      "  ${ROOT-COMMAND-NAME} config unset --broker 2 log.flush.mode",
    })
final class ConfigUnset implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConfigTarget target = new ConfigTarget();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(names = "--validate-only", description = "Only look whether it would be accepted.")
  private boolean validateOnly;

  @Parameters(arity = "1..*", paramLabel = "KEY", description = "The settings.")
  private List<String> keys = List.of();

  ConfigUnset(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    new ConfigChange(context, target, connection, output, validateOnly)
        .carryOut(Map.of(), Set.copyOf(keys));
    return 0;
  }
}
