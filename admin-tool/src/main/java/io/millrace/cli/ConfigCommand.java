package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace config}. */
@Command(
    name = "config",
    description = "Shows a server's settings.",
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} config show --changed"})
final class ConfigCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(new Member("show", ConfigShow.class));
  }

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "what about settings? show");
  }
}
