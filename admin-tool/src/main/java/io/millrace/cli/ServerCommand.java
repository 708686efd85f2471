package io.millrace.cli;

import io.millrace.broker.server.ServerProcess;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace server}. */
@Command(
    name = "server",
    description = {
      "Runs a node until it is told to end (SIGTERM, Ctrl-C), which it then does in order.",
      "It logs to standard error. Settings: ${ROOT-COMMAND-NAME} config show -o wide."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} server --config /etc/millrace/server.properties",
      "  ${ROOT-COMMAND-NAME} server --set data.dirs=/d1,/d2 --set node.id=2",
    })
final class ServerCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin private SettingsOptions settings = new SettingsOptions();

  ServerCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    return ServerProcess.run(settings.effective(context), server -> {}, context.err());
  }
}
