package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace config}. */
@Command(
    name = "config",
    description = "Shows and changes the settings of topics, brokers and the cluster.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} config list --topic orders",
      "  ${ROOT-COMMAND-NAME} config set --topic orders retention.ms=7d",
      "  ${ROOT-COMMAND-NAME} config show --changed   (of a server to be started here)",
    })
final class ConfigCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("list", ConfigList.class),
        new Member("get", ConfigGet.class),
        new Member("set", ConfigSet.class),
        new Member("unset", ConfigUnset.class),
        new Member("show", ConfigShow.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about settings? list, get, set, unset or show");
  }
}
