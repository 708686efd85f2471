package io.millrace.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that try failures on the nodes of {@code millrace dev --nodes}. */
final class DevNodeCommands {
  private static final Duration END_TIMEOUT = Duration.ofSeconds(60);

  private DevNodeCommands() {}

  /** Which nodes of which cluster. */
  static final class NodeOptions {
    @Parameters(arity = "1..*", paramLabel = "N", description = "The node's number; or several.")
    private List<Integer> ids = List.of();

    @Option(
        names = "--data",
        paramLabel = "DIR",
        description = "The --data of the cluster. Default: .millrace/cluster here.")
    private Path data = DevCommand.CLUSTER_DATA;

    DevCluster cluster() {
      return DevCluster.at(data);
    }

    /** All of them exist. */
    List<DevNode> nodes() {
      DevCluster cluster = cluster();
      return new LinkedHashSet<>(ids).stream().map(cluster::node).toList();
    }
  }

  private static ProcessHandle running(DevNode node) {
    return node.process()
        .orElseThrow(() -> new CliException("node " + node.id() + " does not run"));
  }

  private static void awaitEnd(DevNode node, ProcessHandle process) {
    if (!DevNode.awaitEnd(process, END_TIMEOUT)) {
      throw new CliException(
          "node " + node.id() + " has not ended after " + END_TIMEOUT.toSeconds() + " s",
          "its log:       " + node.log());
    }
  }

  private static void tell(
      CliContext context, OutputOptions output, String done, Map<DevNode, Long> pids) {
    output.print(
        context,
        () -> Map.of("nodes", pids.entrySet().stream().map(e -> data(e, done)).toList()),
        () -> {
          StringBuilder text = new StringBuilder();
          pids.forEach(
              (node, pid) -> text.append("node %d (pid %d) %s\n".formatted(node.id(), pid, done)));
          return text.toString();
        });
  }

  private static Map<String, Object> data(Map.Entry<DevNode, Long> node, String done) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node_id", node.getKey().id());
    data.put("pid", node.getValue());
    data.put("done", done);
    return data;
  }

  /** Ends nodes, all at the same time. */
  private abstract static class End implements Callable<Integer> {
    private final CliContext context;
    private final String done;

    @Mixin private NodeOptions options = new NodeOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    End(CliContext context, String done) {
      this.context = context;
      this.done = done;
    }

    abstract void end(ProcessHandle process);

    @Override
    public Integer call() {
      Map<DevNode, ProcessHandle> running = new LinkedHashMap<>();
      options.nodes().forEach(node -> running.put(node, running(node)));
      running.values().forEach(this::end);
      running.forEach(DevNodeCommands::awaitEnd);
      Map<DevNode, Long> pids = new LinkedHashMap<>();
      running.forEach((node, process) -> pids.put(node, process.pid()));
      tell(context, output, done, pids);
      return 0;
    }
  }

  /** {@code millrace dev kill}. */
  @Command(
      name = "kill",
      description = "Kills a node's process at once, as a crash does (kill -9).",
      footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} dev kill 2 --data /tmp/cluster"})
  static final class Kill extends End {
    Kill(CliContext context) {
      super(context, "killed");
    }

    @Override
    void end(ProcessHandle process) {
      process.destroyForcibly();
    }
  }

  /** {@code millrace dev stop}. */
  @Command(
      name = "stop",
      description = "Has a node's process end in order (SIGTERM), and waits for it.",
      footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} dev stop 2 --data /tmp/cluster"})
  static final class Stop extends End {
    Stop(CliContext context) {
      super(context, "stopped");
    }

    @Override
    void end(ProcessHandle process) {
      process.destroy();
    }
  }

  /** {@code millrace dev restart}. */
  @Command(
      name = "restart",
      description = "Has a node's process end in order if it runs, and starts it again.",
      footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} dev restart 2 --data /tmp/cluster"})
  static final class Restart implements Callable<Integer> {
    private final CliContext context;

    @Mixin private NodeOptions options = new NodeOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    Restart(CliContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      DevCluster cluster = options.cluster();
      Map<DevNode, Process> started = new LinkedHashMap<>();
      for (DevNode node : options.nodes()) {
        node.process()
            .ifPresent(
                process -> {
                  process.destroy();
                  awaitEnd(node, process);
                });
        started.put(node, cluster.start(node));
      }
      started.forEach(DevCluster::awaitReady);
      Map<DevNode, Long> pids = new LinkedHashMap<>();
      started.forEach((node, process) -> pids.put(node, process.pid()));
      tell(context, output, "started", pids);
      return 0;
    }
  }

  /** For the tree of commands. */
  static List<CommandGroup.Member> members() {
    return List.of(
        new CommandGroup.Member("kill", Kill.class),
        new CommandGroup.Member("stop", Stop.class),
        new CommandGroup.Member("restart", Restart.class));
  }
}
