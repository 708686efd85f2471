package io.millrace.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs a cluster on this machine until it is told to end. Confined to one thread. */
final class DevClusterRun {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final long LOOK_EVERY_MS = 200;

  private final CliContext context;
  private final DevCluster cluster;

  /** The processes that were started here, for their exit codes. */
  private final Map<DevNode, Process> started = new LinkedHashMap<>();

  /** The nodes' processes when they were last looked at, whoever started them. */
  private final Map<DevNode, ProcessHandle> seen = new HashMap<>();

  /** Set when the processes are told to end. */
  private volatile boolean ending;

  DevClusterRun(CliContext context, DevCluster cluster) {
    this.context = context;
    this.cluster = cluster;
  }

  /**
   * Starts all nodes, tells of them, and goes on until the process is told to end (SIGTERM,
   * Ctrl-C): then all nodes end, and it with code 0. It does not return.
   *
   * @param arguments of {@code millrace server}, for all nodes
   */
  void run(List<String> arguments, OutputOptions output) throws IOException {
    requireNoneRuns();
    cluster.keepArguments(arguments);
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "shutdown"));
    try {
      cluster.nodes().forEach(this::start);
      started.forEach(DevCluster::awaitReady);
    } catch (RuntimeException e) {
      if (beginEnd()) {
        cluster.stopAll(STOP_TIMEOUT);
        throw e;
      }
    }
    if (!ending) {
      output.print(
          context,
          () -> Map.of("nodes", cluster.nodes().stream().map(DevNode::data).toList()),
          this::text);
      started.forEach((node, process) -> seen.put(node, process.toHandle()));
    }
    watch();
  }

  /** Nothing starts once the end has begun, which stops what it finds. */
  private synchronized void start(DevNode node) {
    if (!ending) {
      started.put(node, cluster.start(node));
    }
  }

  private void requireNoneRuns() {
    List<DevNode> running = cluster.running();
    if (!running.isEmpty()) {
      String ids = running.stream().map(node -> "" + node.id()).collect(Collectors.joining(" "));
      throw new CliException(
          "nodes of " + cluster.home() + " run already: " + ids,
          "end them:      " + command("stop", ids));
    }
  }

  private String command(String what, String nodes) {
    return context.command() + " dev " + what + " " + nodes + " --data " + cluster.home();
  }

  /** Tells of nodes that end, and of those that another command has started again. */
  private void watch() {
    CountDownLatch never = new CountDownLatch(1);
    try {
      while (!never.await(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
        if (!ending) {
          cluster.nodes().forEach(this::look);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(DevNode node) {
    Optional<ProcessHandle> now = node.process();
    Optional<ProcessHandle> before = Optional.ofNullable(seen.get(node));
    if (now.equals(before)) {
      return;
    }
    before.ifPresent(
        process ->
            tell(
                "node "
                    + node.id()
                    + " (pid "
                    + process.pid()
                    + ") has ended"
                    + code(node, process)
                    + "; start it again:  "
                    + command("restart", "" + node.id())));
    now.ifPresent(
        process -> tell("node " + node.id() + " (pid " + process.pid() + ") has started"));
    seen.remove(node);
    now.ifPresent(process -> seen.put(node, process));
  }

  private String code(DevNode node, ProcessHandle process) {
    Process own = started.get(node);
    return own == null || own.pid() != process.pid() || own.isAlive()
        ? ""
        : " with code " + own.exitValue();
  }

  private void tell(String line) {
    if (!ending) {
      context.err().println(line);
      context.err().flush();
    }
  }

  private String text() {
    return "Millrace "
        + Millrace.Version.number()
        + " runs: "
        + cluster.nodes().size()
        + " nodes in "
        + cluster.home()
        + "\n"
        + cluster.table()
        + NextSteps.commands(
            context, cluster.nodes().stream().map(node -> node.local().clients()).toList())
        + "\nTry a failure:\n  "
        + command("kill", "2")
        + "\n  "
        + command("restart", "2")
        + "\n\nCtrl-C ends all.\n";
  }

  /** The shutdown hook: nothing to do when the start has failed by itself. */
  private void end() {
    if (beginEnd()) {
      cluster.stopAll(STOP_TIMEOUT);
      Runtime.getRuntime().halt(0);
    }
  }

  private synchronized boolean beginEnd() {
    boolean first = !ending;
    ending = true;
    return first;
  }
}
