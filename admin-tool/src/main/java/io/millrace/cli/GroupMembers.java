package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace group members}. */
@Command(
    name = "members",
    description = {
      "Lists a group's members with the partitions that each may read now.",
      "",
      "A member that is away is a static one (INSTANCE) whose session is not over yet. With -o wide:"
          + " what each is still to give up (REVOKING) and is to have in the end (TARGET).",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} group members billing",
      "  ${ROOT-COMMAND-NAME} group members billing -o wide",
    })
final class GroupMembers implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "GROUP", description = "The group.")
  private String name = "";

  GroupMembers(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<GroupDescription.Member> members = members(client.admin());
      output.print(
          context,
          () -> members.stream().map(GroupReports::data).toList(),
          () -> members.isEmpty() ? "group " + name + " has no members\n" : table(members));
    }
    return 0;
  }

  private List<GroupDescription.Member> members(Admin admin) {
    try {
      return admin.describeGroup(name).members();
    } catch (MillraceException e) {
      throw GroupReports.explained(context, name, admin, e);
    }
  }

  private String table(List<GroupDescription.Member> members) {
    List<String> columns =
        new ArrayList<>(List.of("MEMBER", "CLIENT", "HOST", "EPOCH", "PARTITIONS"));
    if (output.wide()) {
      columns.addAll(List.of("REVOKING", "TARGET", "INSTANCE", "RACK", "SUBSCRIBED"));
    }
    Table table = new Table(columns.toArray(String[]::new));
    members.forEach(member -> table.row(row(member)));
    return table.toString();
  }

  private Object[] row(GroupDescription.Member member) {
    List<Object> row =
        new ArrayList<>(
            List.of(
                member.memberId() + (member.away() ? " (away)" : ""),
                orDash(member.client().clientId()),
                orDash(member.client().host()),
                member.epoch(),
                GroupReports.shortly(member.assigned())));
    if (output.wide()) {
      row.add(GroupReports.shortly(member.revoking()));
      row.add(GroupReports.shortly(member.target()));
      row.add(member.client().instanceId().orElse("-"));
      row.add(orDash(member.client().rack()));
      row.add(subscribed(member));
    }
    return row.toArray();
  }

  private static String subscribed(GroupDescription.Member member) {
    List<String> all = new ArrayList<>(member.topics().stream().sorted().toList());
    if (!member.topicRegex().isEmpty()) {
      all.add("/" + member.topicRegex() + "/");
    }
    return orDash(String.join(",", all));
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }
}
