package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace metadata}. */
@Command(
    name = "metadata",
    description = "Looks into what the nodes know of the cluster, and mends a node's log of it.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} metadata get /topics/orders",
      "  ${ROOT-COMMAND-NAME} metadata snapshot-inspect data",
      "  ${ROOT-COMMAND-NAME} metadata repair data",
    })
final class MetadataCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("dump", MetadataDump.Everything.class),
        new Member("get", MetadataDump.Get.class),
        new Member("watch", MetadataFollow.class),
        new Member("snapshot-inspect", MetadataSnapshotInspect.class),
        new Member("repair", MetadataRepair.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "what about the metadata? dump, get, watch, snapshot-inspect or repair");
  }
}
