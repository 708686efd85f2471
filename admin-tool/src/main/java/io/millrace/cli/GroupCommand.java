package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace group}. */
@Command(
    name = "group",
    description = "Lists and describes groups of consumers, and moves what they have committed.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} group list",
      "  ${ROOT-COMMAND-NAME} group describe billing",
      "  ${ROOT-COMMAND-NAME} group reset-offsets billing --topic orders --to earliest --execute",
    })
final class GroupCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("list", GroupList.class),
        new Member("describe", GroupDescribe.class),
        new Member("members", GroupMembers.class),
        new Member("reset-offsets", GroupResetOffsets.class),
        new Member("delete", GroupDelete.class),
        new Member("delete-offsets", GroupDeleteOffsets.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "what about groups? list, describe, members, reset-offsets, delete or delete-offsets");
  }
}
