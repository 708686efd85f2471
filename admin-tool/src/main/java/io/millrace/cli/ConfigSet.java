package io.millrace.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace config set}. */
@Command(
    name = "set",
    description = {
      "Changes settings of a topic, of a broker or of the cluster while it runs: all of them or, if"
          + " one is refused, none.",
      "Brokers and the cluster take the defaults of topics (log.retention.ms and the like); what"
          + " else a broker has stands in its file.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} config set --topic orders retention.ms=7d max.message.bytes=2MB",
      "  ${ROOT-COMMAND-NAME} config set --cluster min.insync.replicas=2",
    })
final class ConfigSet implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConfigTarget target = new ConfigTarget();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(names = "--validate-only", description = "Only look whether it would be accepted.")
  private boolean validateOnly;

  @Parameters(arity = "1..*", paramLabel = "KEY=VALUE", description = "The new values.")
  private List<String> assignments = List.of();

  ConfigSet(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    new ConfigChange(context, target, connection, output, validateOnly)
        .carryOut(values(), Set.of());
    return 0;
  }

  private Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw mistake("'" + assignment + "' (expected: KEY=VALUE)");
      }
      String key = assignment.substring(0, equals);
      if (values.put(key, assignment.substring(equals + 1)) != null) {
        throw mistake(key + " is given more than once");
      }
    }
    return values;
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }
}
