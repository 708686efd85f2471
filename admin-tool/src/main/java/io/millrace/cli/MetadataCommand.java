package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace metadata}. */
@Command(
    name = "metadata",
    description = "Looks into the metadata that a node keeps, and mends its log.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} metadata snapshot-inspect data",
      "  ${ROOT-COMMAND-NAME} metadata repair data",
    })
final class MetadataCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("snapshot-inspect", MetadataSnapshotInspect.class),
        new Member("repair", MetadataRepair.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about the metadata? snapshot-inspect or repair");
  }
}
