package io.millrace.cli;

import io.millrace.broker.server.MillraceServer;
import io.millrace.broker.server.ServerProcess;
import io.millrace.client.api.BrokerAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace dev}. */
@Command(
    name = "dev",
    description = "Runs a node on this machine for development, with everything at its default.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} dev",
      "  ${ROOT-COMMAND-NAME} dev --data /tmp/dev --port 19650 --set logging.level=info",
    })
final class DevCommand implements Callable<Integer> {
  private static final int OTHER_PORTS = 3;

  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private SettingsOptions settings = new SettingsOptions();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the logs lie; kept from run to run. Default: .millrace/dev here.")
  private Path data = Path.of(".millrace", "dev");

  @Option(
      names = "--port",
      paramLabel = "N",
      description =
          "The port for clients; the next three are for other nodes, the metadata quorum and"
              + " administrators. 0 takes free ones. Default: 9650.")
  private int port = BrokerAddress.DEFAULT_PORT;

  DevCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (port < 0 || port > 65_535 - OTHER_PORTS) {
      throw new ParameterException(
          command.commandLine(),
          "--port: " + port + " (expected: 0 to " + (65_535 - OTHER_PORTS) + ")");
    }
    return ServerProcess.run(
        settings.effective(context, preset(data, port)), this::tell, context.err());
  }

  /** The settings of a node on this machine only. */
  static List<String> preset(Path data, int port) {
    return List.of(
        "data.dirs=" + data.toAbsolutePath().normalize(),
        "listener.client=127.0.0.1:" + port,
        "listener.internal=127.0.0.1:" + (port == 0 ? 0 : port + 1),
        "listener.quorum=127.0.0.1:" + (port == 0 ? 0 : port + 2),
        "listener.admin=127.0.0.1:" + (port == 0 ? 0 : port + 3),
        "logging.level=warn");
  }

  private void tell(MillraceServer server) {
    context.out().print(NextSteps.endpoints(server, data));
    context.out().print(NextSteps.commands(context, server.clientPort(), "orders"));
    context.out().println("\nCtrl-C ends it.");
    context.out().flush();
  }
}
