package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace broker}. */
@Command(
    name = "broker",
    description = "Takes leaders off brokers, and shows what lies on them.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} broker log-dirs",
      "  ${ROOT-COMMAND-NAME} broker drain 2",
    })
final class BrokerCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("log-dirs", BrokerLogDirsCommand.class),
        new Member("replicas", BrokerReplicas.class),
        new Member("drain", BrokerDrain.class),
        new Member("unregister", BrokerUnregister.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about brokers? log-dirs, replicas, drain or unregister");
  }
}
