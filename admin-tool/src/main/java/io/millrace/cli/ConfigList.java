package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigDescription;
import io.millrace.client.api.ConfigResource;
import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace config list}. */
@Command(
    name = "list",
    description = {
      "Lists the settings of a topic, of a broker or of the cluster, and where each value comes"
          + " from:",
      "default < broker (file, environment or flag) < cluster_dynamic (set for all brokers) <"
          + " broker_dynamic (set for the broker) < topic.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} config list --topic orders",
      "  ${ROOT-COMMAND-NAME} config list --broker 2 --changed",
      "  ${ROOT-COMMAND-NAME} config list --cluster -o wide",
    })
final class ConfigList implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConfigTarget target = new ConfigTarget();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(names = "--changed", description = "Only those that are not at the software's default.")
  private boolean changed;

  ConfigList(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    ConfigResource resource = target.resource();
    try (MillraceClient client = connection.connect(context)) {
      List<ConfigDescription> shown =
          list(client.admin(), resource).stream()
              .filter(c -> !changed || c.source() != ConfigValue.Source.DEFAULT)
              .toList();
      output.print(
          context,
          () -> shown.stream().map(ConfigReports::data).toList(),
          () ->
              shown.isEmpty()
                  ? "no setting of " + resource + " differs from the software's default\n"
                  : ConfigReports.table(shown, output.wide()).toString());
    }
    return 0;
  }

  private List<ConfigDescription> list(Admin admin, ConfigResource resource) {
    try {
      return admin.listConfigs(resource);
    } catch (MillraceException e) {
      throw target.explained(context, admin, e);
    }
  }
}
