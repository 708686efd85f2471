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
    Path home = bench.directory().resolve(peer + "-" + workload.name() + "-" + round);
    try (Brokers nodes = bench.startCluster(peer, home, workload.nodes())) {
      return measure(peer, nodes);
    }
  }

  private Fields measure(Peer peer, Brokers nodes) throws IOException, InterruptedException {
    try (ClientProcess client = bench.client(peer, nodes.bootstrap(), Starts.quickRetries(peer))) {
      Bench.awaitReady(client, nodes);
      Duration before = nodes.cpu();
      Fields created = client.ask(workload.work().with("command", "many-topics"), PATIENCE);
      Duration used = nodes.cpu().minus(before);
      Thread.sleep(REST.toMillis());
      return created
          .with("nodes_cpu_s", used.toMillis() / 1e3)
          .with("node_idle_cores", idleCores(nodes))
          .with("node_rss", nodes.residentBytes() / workload.nodes());
    }
  }

  /** Of one node, on the average. */
  private double idleCores(Brokers nodes) throws InterruptedException {
    Duration before = nodes.cpu();
    Thread.sleep(IDLE.toMillis());
    return nodes.cpu().minus(before).toMillis() / (double) IDLE.toMillis() / workload.nodes();
  }
}
