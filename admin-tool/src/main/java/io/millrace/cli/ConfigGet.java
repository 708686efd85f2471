package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigDescription;
import io.millrace.client.api.ConfigResource;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace config get}. */
@Command(
    name = "get",
    description =
        "Shows settings of a topic, of a broker or of the cluster: the value in force, and those that"
            + " it goes before.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} config get --topic orders retention.ms",
      "  ${ROOT-COMMAND-NAME} config get --broker 2 log.retention.ms -o json",
    })
final class ConfigGet implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConfigTarget target = new ConfigTarget();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(arity = "1..*", paramLabel = "KEY", description = "The settings.")
  private List<String> keys = List.of();

  ConfigGet(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    ConfigResource resource = target.resource();
    try (MillraceClient client = connection.connect(context)) {
      List<ConfigDescription> found = get(client.admin(), resource);
      output.print(
          context,
          () -> found.stream().map(ConfigReports::data).toList(),
          () -> ConfigReports.layers(found).toString());
    }
    return 0;
  }

  private List<ConfigDescription> get(Admin admin, ConfigResource resource) {
    try {
      return admin.getConfigs(resource, keys);
    } catch (MillraceException e) {
      throw target.explained(context, admin, e);
    }
  }
}
