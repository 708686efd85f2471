package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace quorum}. */
@Command(
    name = "quorum",
    description = "Shows and changes the voters of the metadata quorum, through any node.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} quorum status",
      "  ${ROOT-COMMAND-NAME} quorum remove 2",
      "  ${ROOT-COMMAND-NAME} quorum add 2@node-2",
    })
final class QuorumCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("status", QuorumStatus.class),
        new Member("add", QuorumAdd.class),
        new Member("remove", QuorumRemove.class),
        new Member("transfer", QuorumTransfer.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about the quorum? status, add, remove or transfer");
  }
}
