package io.millrace.it.node;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.PartitionStatus;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.net.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Three nodes in this process, all of them brokers. */
final class LocalCluster implements AutoCloseable {
  static final int NODES = 3;

  private final List<LocalNode> nodes = new ArrayList<>();

  private LocalCluster(List<LocalNode> nodes) {
    this.nodes.addAll(nodes);
  }

  /** Three voters, each of which may be the controller, with some more settings. */
  static LocalCluster ofVoters(Path home, String... settings) {
    List<Integer> quorum = new ArrayList<>();
    List<Integer> internal = new ArrayList<>();
    for (int node = 1; node <= NODES; node++) {
      quorum.add(FreePorts.inARow(1));
      internal.add(FreePorts.inARow(1));
    }
    String voters =
        "quorum.voters="
            + IntStream.rangeClosed(1, NODES)
                .mapToObj(
                    node ->
                        node + "@127.0.0.1:" + quorum.get(node - 1) + ":" + internal.get(node - 1))
                .collect(Collectors.joining(","));
    // Each waits for the others.
    List<CompletableFuture<LocalNode>> starting =
        IntStream.rangeClosed(1, NODES)
            .mapToObj(
                node ->
                    CompletableFuture.supplyAsync(
                        () ->
                            new LocalNode(
                                home.resolve("" + node),
                                Stream.concat(
                                        Stream.of(settings),
                                        Stream.of(
                                            voters,
                                            "node.id=" + node,
                                            "listener.quorum=127.0.0.1:" + quorum.get(node - 1),
                                            "listener.internal=127.0.0.1:"
                                                + internal.get(node - 1)))
                                    .toArray(String[]::new)),
                        task -> new Thread(task, "start-" + node).start()))
            .toList();
    return new LocalCluster(starting.stream().map(CompletableFuture::join).toList());
  }

  /**
   * Starts them, with node 1 as the only controller.
   *
   * @param home for the directories of nodes 1 and 2, and of node 3 if it has no others
   * @param thirdStore the disk of node 3
   * @param thirdDirs its data directories
   */
  LocalCluster(Path home, FileStore thirdStore, List<Path> thirdDirs) {
    int quorum = FreePorts.inARow(1);
    int internal = FreePorts.inARow(1);
    String voters = "quorum.voters=1@127.0.0.1:" + quorum + ":" + internal;
    nodes.add(
        new LocalNode(
            new RealFileStore(),
            List.of(home.resolve("1")),
            voters,
            "listener.quorum=127.0.0.1:" + quorum,
            "listener.internal=127.0.0.1:" + internal));
    nodes.add(
        new LocalNode(
            new RealFileStore(),
            List.of(home.resolve("2")),
            voters,
            "node.id=2",
            "process.roles=broker"));
    nodes.add(new LocalNode(thirdStore, thirdDirs, voters, "node.id=3", "process.roles=broker"));
  }

  /** The same on well disks. */
  static LocalCluster start(Path home) {
    return new LocalCluster(home, new RealFileStore(), List.of(home.resolve("3")));
  }

  LocalNode node(int id) {
    return nodes.get(id - 1);
  }

  MillraceClient connect() {
    String all = nodes.stream().map(LocalNode::bootstrap).collect(Collectors.joining(","));
    return MillraceClient.connect(
        ClientConfig.builder()
            .bootstrap(BrokerAddress.parseList(all))
            .retryBackoff(Duration.ofMillis(10), Duration.ofMillis(50))
            .build());
  }

  /** Whether a broker is in sync for a partition. */
  static boolean inSync(PartitionStatus status, int node) {
    return status.partition().inSyncReplicas().contains(node);
  }

  @Override
  public void close() {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      nodes.get(i).close();
    }
  }
}
