package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace partition}. */
@Command(
    name = "partition",
    description = "Elects the leaders of partitions, and moves their replicas.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} partition elect orders",
      "  ${ROOT-COMMAND-NAME} partition reassign orders 0=2,3",
    })
final class PartitionCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("elect", PartitionElect.class),
        new Member("reassign", PartitionReassign.class),
        new Member("reassignments", PartitionReassignments.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about partitions? elect, reassign or reassignments");
  }
}
