package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.GroupOffset;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace group describe}. */
@Command(
    name = "describe",
    description = {
      "Shows what a group is doing, what it has committed and how far it is behind.",
      "",
      "LAG is END less COMMITTED, in offsets: a compacted topic has fewer records. READER is the"
          + " member that reads the partition now. What can't be told now is a ?.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} group describe billing",
      "  ${ROOT-COMMAND-NAME} group describe billing -o json   (with its members)",
    })
final class GroupDescribe implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "GROUP", description = "The group.")
  private String name = "";

  GroupDescribe(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      try {
        GroupDescription group = admin.describeGroup(name);
        List<GroupOffset> offsets = admin.groupOffsets(name);
        output.print(context, () -> GroupReports.data(group, offsets), () -> text(group, offsets));
      } catch (MillraceException e) {
        throw GroupReports.explained(context, name, admin, e);
      }
    }
    return 0;
  }

  private static String text(GroupDescription group, List<GroupOffset> offsets) {
    String head =
        "group "
            + group.groupId()
            + ": "
            + GroupReports.state(group.state())
            + ", "
            + TopicReports.count(group.members().size(), "member")
            + ", coordinated by broker "
            + group.coordinatorId()
            + (group.assignor().isEmpty() ? "" : ", assignor " + group.assignor())
            + "\n";
    if (offsets.isEmpty()) {
      return head + "it has committed nothing\n";
    }
    Table table = new Table("TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "READER");
    for (GroupOffset offset : offsets) {
      table.row(
          offset.partition().topic(),
          offset.partition().partition(),
          offset.committed().offset(),
          known(offset.end()),
          known(offset.lag()),
          GroupReports.reader(group, offset.partition())
              .map(GroupDescription.Member::memberId)
              .orElse("-"));
    }
    return head + table;
  }

  private static Object known(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : "?";
  }
}
