package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace config}. */
@Command(
    name = "config",
    description = "Shows a server's settings.",
    subcommands = {ConfigShow.class},
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} config show --changed"})
final class ConfigCommand implements Runnable {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "what about settings? show");
  }
}
