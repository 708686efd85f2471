package io.millrace.cli;

import io.millrace.broker.server.MillraceServer;
import io.millrace.broker.server.ServerProcess;
import io.millrace.client.api.BrokerAddress;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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
    description = {
      "Runs a node on this machine for development, with everything at its default.",
      "With --nodes it runs a cluster, each node a process of its own; kill, stop and restart try"
          + " failures on them."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} dev",
      "  ${ROOT-COMMAND-NAME} dev --data /tmp/dev --port 19650 --set logging.level=info",
      "  ${ROOT-COMMAND-NAME} dev --nodes 3 --data /tmp/cluster",
    })
final class DevCommand implements Callable<Integer>, CommandGroup {
  static final Path CLUSTER_DATA = Path.of(".millrace", "cluster");
  private static final Path NODE_DATA = Path.of(".millrace", "dev");

  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private SettingsOptions settings = new SettingsOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many nodes: 1, 3, 5 or 7. Default: those of the cluster in DIR, else 1.")
  private Optional<Integer> nodes = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Where the logs lie; kept from run to run. Default: .millrace/dev here, or"
              + " .millrace/cluster.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--port",
      paramLabel = "N",
      description =
          "The port for clients; the next three are for other nodes, the metadata quorum and"
              + " administrators, and the next four for the next node. 0 takes free ones. Default:"
              + " 9650; of a cluster those that it had, or the first free ones from 9650 on.")
  private Optional<Integer> port = Optional.empty();

  DevCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public List<Member> members() {
    return DevNodeCommands.members();
  }

  @Override
  public Integer call() throws IOException {
    Optional<String> noPort = port.flatMap(given -> portMistake(given, nodes.orElse(1)));
    if (noPort.isPresent()) {
      throw mistake(noPort.get());
    }
    if (nodes.isPresent() && !DevCluster.isSound(nodes.get())) {
      throw mistake("--nodes: " + nodes.get() + " (expected: 1, 3, 5 or 7)");
    }
    if (nodes.isEmpty() ? DevCluster.isAt(data.orElse(NODE_DATA)) : nodes.get() > 1) {
      runCluster();
      return ServerProcess.FAILED;
    }
    if (DevCluster.isAt(data.orElse(NODE_DATA))) {
      throw new CliException(
          data.orElse(NODE_DATA) + " holds a cluster (expected: another --data)");
    }
    return ServerProcess.run(
        settings.effective(
            context, preset(data.orElse(NODE_DATA), port.orElse(BrokerAddress.DEFAULT_PORT))),
        this::tell,
        context.err());
  }

  /** What is wrong with a setting is told here, not in a node's log. */
  private void runCluster() throws IOException {
    settings.effective(context);
    Set<String> own = new LocalNode(1, CLUSTER_DATA, 1).settings().keySet();
    for (String key : settings.assignedKeys()) {
      if (own.contains(key) || key.equals("quorum.voters")) {
        throw mistake("--set: " + key + " is given to each node by the command itself");
      }
    }
    Path home = data.orElse(nodes.isEmpty() ? NODE_DATA : CLUSTER_DATA);
    FileChannel lock = DevCluster.lock(home);
    try {
      DevCluster cluster = DevCluster.atOrNew(home, number(nodes), number(port));
      new DevClusterRun(context, cluster).run(settings.arguments(), output);
    } finally {
      lock.close();
    }
  }

  /** What is wrong with a first port of so many nodes, if anything is. */
  static Optional<String> portMistake(int port, int nodes) {
    int highest = 65_535 - (LocalNode.PORTS * nodes - 1);
    return port < 0 || port > highest
        ? Optional.of("--port: " + port + " (expected: 0 to " + highest + ")")
        : Optional.empty();
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }

  private static OptionalInt number(Optional<Integer> given) {
    return given.map(OptionalInt::of).orElseGet(OptionalInt::empty);
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
    output.print(
        context,
        () -> Map.of("nodes", List.of(describe(server))),
        () ->
            NextSteps.endpoints(server, data.orElse(NODE_DATA))
                + NextSteps.commands(context, List.of("127.0.0.1:" + server.clientPort()))
                + "\nCtrl-C ends it.\n");
  }

  private Map<String, Object> describe(MillraceServer server) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("node_id", server.nodeId());
    node.put("pid", ProcessHandle.current().pid());
    node.put("clients", server.advertised().toString());
    node.put("internal", "127.0.0.1:" + server.internalPort());
    node.put("administrators", "http://127.0.0.1:" + server.adminPort());
    node.put("data", data.orElse(NODE_DATA).toAbsolutePath().normalize().toString());
    return node;
  }
}
