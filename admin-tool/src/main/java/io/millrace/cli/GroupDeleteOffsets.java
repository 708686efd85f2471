package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace group delete-offsets}. */
@Command(
    name = "delete-offsets",
    description = {
      "Forgets what a group has committed, of topics that none of its members reads: it begins there"
          + " anew. Does not ask.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} group delete-offsets billing --topic orders",
      "  ${ROOT-COMMAND-NAME} group delete-offsets billing --topic orders:0,2",
    })
final class GroupDeleteOffsets implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();
  @Mixin private GroupPartitions partitions = new GroupPartitions();

  @Parameters(paramLabel = "GROUP", description = "The group.")
  private String name = "";

  GroupDeleteOffsets(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    partitions.check();
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      Set<TopicPartition> chosen = partitions.choose(context, admin, name);
      try {
        admin.deleteGroupOffsets(name, chosen);
      } catch (MillraceException e) {
        throw GroupReports.explained(context, name, admin, e);
      }
      output.print(
          context,
          () -> Map.of("group", name, "deleted", GroupReports.names(chosen)),
          () ->
              "group "
                  + name
                  + " has nothing committed for "
                  + GroupReports.shortly(chosen)
                  + " any more\n");
    }
    return 0;
  }
}
