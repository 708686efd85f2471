package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Starts a cluster of empty nodes, creates many partitions, waits until the leader of each answers,
 * and looks at what the nodes use when nothing happens; on both sides in turns. Confined to the
 * main thread.
 */
final class Clusters {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration REST = Duration.ofSeconds(20);
  private static final Duration IDLE = Duration.ofSeconds(30);

  private final Bench bench;
  private final Workload workload;
  private final Both<List<Fields>> counted = Both.of(ArrayList::new);

  Clusters(Bench bench, Workload workload) {
    this.bench = bench;
    this.workload = workload;
  }

  /** All rounds; a failure ends the row and is told in it. */
  Row run() throws InterruptedException {
    Optional<String> failure = Optional.empty();
    try {
      for (int round = 0; round < bench.options().pairs; round++) {
        for (Peer peer : Peer.values()) {
          Fields result = round(peer, round);
          Progress.round(workload, peer, round, true, result);
          counted.of(peer).add(result);
        }
      }
    } catch (IOException | RuntimeException e) {
      failure = Optional.of(String.valueOf(e.getMessage()));
    }
    return new Row(workload, counted, failure);
  }

  private Fields round(Peer peer, int round) throws IOException, InterruptedException {
    Path home = bench.directory().resolve(peer + "-cluster-" + round);
    List<Node> nodes = new ArrayList<>();
    try {
      for (Seat seat : Seat.together(home, ports(peer))) {
        bench.launcher().prepare(peer, seat);
        nodes.add(bench.launcher().start(peer, seat));
      }
      return measure(peer, nodes);
    } finally {
      nodes.forEach(Node::close);
    }
  }

  private List<Integer> ports(Peer peer) {
    List<Integer> ports = new ArrayList<>();
    for (int node = 0; node < workload.work().number("nodes"); node++) {
      ports.add(bench.freePort(peer));
    }
    return ports;
  }

  private Fields measure(Peer peer, List<Node> nodes) throws IOException, InterruptedException {
    String bootstrap = String.join(",", nodes.stream().map(Node::bootstrap).toList());
    try (ClientProcess client = bench.client(peer, bootstrap, Starts.quickRetries(peer))) {
      Fields ready = Fields.none().with("topic", "ready").with("partitions", 3);
      client.ask(ready.with("command", "create"), PATIENCE);
      Duration before = cpu(nodes);
      Fields created = client.ask(workload.work().with("command", "many-topics"), PATIENCE);
      Duration used = cpu(nodes).minus(before);
      Thread.sleep(REST.toMillis());
      return created
          .with("nodes_cpu_s", used.toMillis() / 1e3)
          .with("node_idle_cores", idleCores(nodes))
          .with("node_rss", residentBytes(nodes) / nodes.size());
    }
  }

  /** Of one node, on the average. */
  private static double idleCores(List<Node> nodes) throws InterruptedException {
    Duration before = cpu(nodes);
    Thread.sleep(IDLE.toMillis());
    return cpu(nodes).minus(before).toMillis() / (double) IDLE.toMillis() / nodes.size();
  }

  private static Duration cpu(List<Node> nodes) {
    return nodes.stream().map(Node::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  private static long residentBytes(List<Node> nodes) throws IOException {
    long bytes = 0;
    for (Node node : nodes) {
      bytes += node.residentBytes();
    }
    return bytes;
  }
}
