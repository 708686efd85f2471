package io.millrace.cli;

import io.millrace.client.api.GroupsFound;
import io.millrace.client.api.MillraceClient;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace group list}. */
@Command(
    name = "list",
    description = {
      "Lists the groups by name. Every broker is asked for those that it coordinates; if one does not"
          + " answer, the exit code is 1.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} group list",
      "  ${ROOT-COMMAND-NAME} group list -o json",
    })
final class GroupList implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  GroupList(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    GroupsFound found;
    try (MillraceClient client = connection.connect(context)) {
      found = client.admin().listGroups();
    }
    output.print(
        context,
        () -> found.groups().stream().map(GroupReports::data).toList(),
        () -> found.groups().isEmpty() ? "" : table(found));
    new TreeMap<>(found.unanswered())
        .forEach(
            (broker, why) ->
                context
                    .err()
                    .println(
                        "millrace: broker "
                            + broker
                            + " does not tell its groups: "
                            + why.message()));
    if (!found.unanswered().isEmpty()) {
      return ErrorReports.FAILURE;
    }
    if (found.groups().isEmpty() && !output.forPrograms()) {
      context
          .err()
          .println(
              "no groups yet; begin one:  " + context.command() + " consume TOPIC --group NAME");
    }
    return 0;
  }

  private static String table(GroupsFound found) {
    Table table = new Table("GROUP", "STATE", "MEMBERS", "COORDINATOR");
    found
        .groups()
        .forEach(
            group ->
                table.row(
                    group.groupId(),
                    GroupReports.state(group.state()),
                    group.members(),
                    group.coordinatorId()));
    return table.toString();
  }
}
