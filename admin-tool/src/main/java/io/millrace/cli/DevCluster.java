package io.millrace.cli;

import io.millrace.client.api.BrokerAddress;
import io.millrace.common.net.FreePorts;
import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A cluster of processes on this machine, as its directory says: {@code ports} has each node's
 * first port, {@code arguments} what they are all started with, {@code node-N} what is the node's,
 * and {@code lock} is held by the command that runs it. Immutable.
 *
 * @param home the directory
 * @param nodes by their numbers, from 1
 */
record DevCluster(Path home, List<DevNode> nodes) {
  private static final String PORTS = "ports";
  private static final String ARGUMENTS = "arguments";
  private static final int MOST_NODES = 7;
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);
  private static final int LINES_SHOWN = 5;

  DevCluster {
    nodes = List.copyOf(nodes);
  }

  /** How many nodes a sound cluster can have: an even number survives no more than one less. */
  static boolean isSound(int nodes) {
    return nodes % 2 == 1 && nodes >= 1 && nodes <= MOST_NODES;
  }

  /** Whether a directory holds a cluster. */
  static boolean isAt(Path directory) {
    return Files.exists(directory.resolve(PORTS));
  }

  /** The cluster that a directory holds. */
  static DevCluster at(Path directory) {
    Path home = directory.toAbsolutePath().normalize();
    try {
      return of(
          home, Files.readAllLines(home.resolve(PORTS)).stream().map(Integer::valueOf).toList());
    } catch (IOException | NumberFormatException e) {
      throw new CliException(
          home + " holds no cluster of `dev` (expected: the --data of `dev --nodes N`)");
    }
  }

  /**
   * The cluster that a directory holds, or a new one; one whose nodes never began is new.
   *
   * @param count how many nodes; empty for as many as it has
   * @param port the first one of a new cluster, 0 to draw free ones; empty for the first free ones
   *     from the usual one on
   */
  static DevCluster atOrNew(Path directory, OptionalInt count, OptionalInt port)
      throws IOException {
    Path home = directory.toAbsolutePath().normalize();
    if (isAt(home)) {
      DevCluster found = at(home);
      boolean begun = found.nodes.stream().anyMatch(DevNode::hasData);
      if (begun || count.isEmpty()) {
        found.requireSame(count, port);
        found.requireFreePorts();
        return found;
      }
    }
    int nodes = count.orElseThrow();
    int first = firstPort(port, nodes * LocalNode.PORTS);
    List<Integer> ports =
        IntStream.range(0, nodes).mapToObj(node -> first + node * LocalNode.PORTS).toList();
    DevCluster created = of(home, ports);
    created.requireFreePorts();
    Files.write(home.resolve(PORTS), ports.stream().map(String::valueOf).toList());
    return created;
  }

  /** Told here rather than in the log of a node that ends again. */
  private void requireFreePorts() {
    List<Integer> taken =
        nodes.stream()
            .filter(node -> node.process().isEmpty())
            .flatMap(
                node -> IntStream.range(0, LocalNode.PORTS).mapToObj(i -> node.local().port() + i))
            .filter(port -> !FreePorts.isFree(port))
            .toList();
    if (!taken.isEmpty()) {
      throw new CliException(
          "other programs listen on ports of the cluster in " + home + ": " + taken,
          "see which:     ss -ltnp");
    }
  }

  private void requireSame(OptionalInt count, OptionalInt port) {
    int first = nodes.get(0).local().port();
    boolean samePort = port.isEmpty() || port.getAsInt() == 0 || port.getAsInt() == first;
    if (!samePort || count.orElse(nodes.size()) != nodes.size()) {
      throw new CliException(
          home
              + " holds a cluster of "
              + nodes.size()
              + " nodes, the first at port "
              + first
              + " (expected: the same, or another --data)");
    }
  }

  private static DevCluster of(Path home, List<Integer> ports) {
    return new DevCluster(
        home,
        IntStream.range(0, ports.size())
            .mapToObj(i -> DevNode.of(home, i + 1, ports.get(i)))
            .toList());
  }

  private static int firstPort(OptionalInt asked, int count) {
    if (asked.isEmpty()) {
      int from = BrokerAddress.DEFAULT_PORT;
      return FreePorts.inARowFrom(from, LocalNode.PORTS, count)
          .orElseThrow(
              () ->
                  new CliException(
                      "from port "
                          + from
                          + " on there are no "
                          + count
                          + " free ones (expected: --port)"));
    }
    return asked.getAsInt() == 0 ? FreePorts.inARow(count) : asked.getAsInt();
  }

  /** A node by its number. */
  DevNode node(int id) {
    if (id < 1 || id > nodes.size()) {
      throw new CliException(
          "there is no node " + id + " (expected: 1 to " + nodes.size() + ", of " + home + ")");
    }
    return nodes.get(id - 1);
  }

  /** The nodes that run. */
  List<DevNode> running() {
    return nodes.stream().filter(node -> node.process().isPresent()).toList();
  }

  /**
   * Keeps others from running the cluster of a directory, which is made if need be.
   *
   * @return to be kept for as long as it runs
   */
  static FileChannel lock(Path directory) throws IOException {
    Path home = directory.toAbsolutePath().normalize();
    if (Files.exists(home.resolve("meta.properties"))) {
      throw new CliException(home + " holds a single node (expected: another --data)");
    }
    Files.createDirectories(home);
    FileChannel file =
        FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (file.tryLock() != null) {
        return file;
      }
    } catch (OverlappingFileLockException e) {
      // Another one in this process: the same answer.
    }
    file.close();
    throw new CliException(
        "another `dev` runs the cluster in " + home + " (expected: end it, or another --data)");
  }

  /** Keeps what all nodes are started with. */
  void keepArguments(List<String> arguments) throws IOException {
    Files.write(home.resolve(ARGUMENTS), arguments);
  }

  /** Starts a node's process. */
  Process start(DevNode node) {
    String voters = nodes.stream().map(one -> one.local().voter()).collect(Collectors.joining(","));
    try {
      return node.start(voters, Files.readAllLines(home.resolve(ARGUMENTS)));
    } catch (IOException e) {
      throw new UncheckedIOException("node " + node.id() + " can't be started: " + e, e);
    }
  }

  /** Waits until a node that was started is ready. */
  static void awaitReady(DevNode node, Process process) {
    Clock clock = new SystemClock();
    long endMs = clock.monotonicMs() + START_TIMEOUT.toMillis();
    while (!node.isReady()) {
      if (DevNode.awaitEnd(process.toHandle(), LOOK_AGAIN) || clock.monotonicMs() >= endMs) {
        throw new CliException(
            "node "
                + node.id()
                + (process.isAlive()
                    ? " is not ready after " + START_TIMEOUT.toSeconds() + " s"
                    : " has ended with code " + process.exitValue())
                + ":\n"
                + node.lastLines(LINES_SHOWN),
            "its log:       " + node.log());
      }
    }
  }

  /** Has all processes end in order, and waits for it; those that do not are killed. */
  void stopAll(Duration atMost) {
    List<ProcessHandle> running = nodes.stream().flatMap(node -> node.process().stream()).toList();
    running.forEach(ProcessHandle::destroy);
    for (ProcessHandle process : running) {
      if (!DevNode.awaitEnd(process, atMost)) {
        process.destroyForcibly();
      }
    }
  }

  /** The nodes for people. */
  String table() {
    Table table = new Table("NODE", "PID", "CLIENTS", "ADMINISTRATORS", "LOG");
    for (DevNode node : nodes) {
      Object pid = node.process().<Object>map(ProcessHandle::pid).orElse("-");
      table.row(node.id(), pid, node.local().clients(), node.local().administrators(), node.log());
    }
    return table.toString();
  }
}
