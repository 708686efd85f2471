package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace metadata}. */
@Command(
    name = "metadata",
    description = "Looks after the metadata log of a stopped node.",
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} metadata repair data"})
final class MetadataCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(new Member("repair", MetadataRepair.class));
  }

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "what about the metadata? repair");
  }
}
