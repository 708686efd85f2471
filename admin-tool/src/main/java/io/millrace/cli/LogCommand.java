package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace log}. */
@Command(
    name = "log",
    description = "Looks at logs on the disk, without a broker. Changes nothing.",
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} log dump data/orders-0 --max 3"})
final class LogCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(new Member("dump", LogDump.class), new Member("verify", LogVerify.class));
  }

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "what about logs? dump or verify");
  }
}
