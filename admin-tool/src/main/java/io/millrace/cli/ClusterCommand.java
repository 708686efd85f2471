package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace cluster}. */
@Command(
    name = "cluster",
    description = "Shows the cluster, as any node knows it, and raises its feature level.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} cluster status",
      "  ${ROOT-COMMAND-NAME} cluster nodes -o wide",
    })
final class ClusterCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("status", ClusterStatus.class),
        new Member("nodes", ClusterNodes.class),
        new Member("features", ClusterFeatures.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about the cluster? status, nodes or features");
  }
}
