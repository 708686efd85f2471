package io.millrace.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * The nodes of a demo, each a process of its own, in a temporary directory. Thread-safe: once the
 * end has begun, nothing starts any more.
 */
final class ClusterDemoNodes implements AutoCloseable {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

  private final Path directory;
  private final FileChannel lock;
  private final DevCluster cluster;

  /** Guarded by this. */
  private boolean ended;

  private ClusterDemoNodes(Path directory, FileChannel lock, DevCluster cluster) {
    this.directory = directory;
    this.lock = lock;
    this.cluster = cluster;
  }

  /**
   * A cluster whose nodes are not started.
   *
   * @param port the first one of the first node, 0 for free ones
   */
  static ClusterDemoNodes create(int count, int port) throws IOException {
    Path directory = Files.createTempDirectory("millrace-demo-");
    FileChannel lock = DevCluster.lock(directory);
    DevCluster cluster = DevCluster.atOrNew(directory, OptionalInt.of(count), OptionalInt.of(port));
    cluster.keepArguments(List.of("--set", "logging.level=warn"));
    return new ClusterDemoNodes(directory, lock, cluster);
  }

  /** Starts all nodes and waits until they are ready. */
  void startAll() {
    Map<DevNode, Process> started = new LinkedHashMap<>();
    for (DevNode node : cluster.nodes()) {
      started.put(node, begin(node));
    }
    started.forEach(DevCluster::awaitReady);
  }

  /** Starts a node and waits until it is ready. */
  void start(DevNode node) {
    DevCluster.awaitReady(node, begin(node));
  }

  private synchronized Process begin(DevNode node) {
    if (ended) {
      throw new CliException("interrupted");
    }
    return cluster.start(node);
  }

  /** kill -9. */
  void kill(DevNode node) {
    node.process()
        .ifPresent(
            process -> {
              process.destroyForcibly();
              DevNode.awaitEnd(process, STOP_TIMEOUT);
            });
  }

  Path directory() {
    return directory;
  }

  int count() {
    return cluster.nodes().size();
  }

  DevNode node(int id) {
    return cluster.node(id);
  }

  List<DevNode> all() {
    return cluster.nodes();
  }

  /** Where clients connect. */
  String bootstrap() {
    return cluster.nodes().stream()
        .map(node -> node.local().clients())
        .collect(Collectors.joining(","));
  }

  String table() {
    return cluster.table();
  }

  /** Ends all processes in order. */
  @Override
  public void close() {
    if (end()) {
      cluster.stopAll(STOP_TIMEOUT);
      unlock();
    }
  }

  /** Ends all processes at once, and leaves nothing on disk. */
  void discard() {
    end();
    cluster.running().forEach(this::kill);
    unlock();
    DemoCommand.delete(directory);
  }

  private synchronized boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  private void unlock() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
