package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace metadata}. */
@Command(
    name = "metadata",
    description = "Looks after the metadata log of a stopped node.",
    subcommands = {MetadataRepair.class},
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} metadata repair data"})
final class MetadataCommand implements Runnable {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "what about the metadata? repair");
  }
}
