package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * All nodes of one cluster, which end when it is closed.
 *
 * @param nodes at least one
 */
record Brokers(List<Node> nodes) implements AutoCloseable {
  Brokers {
    nodes = List.copyOf(nodes);
  }

  String bootstrap() {
    return nodes.stream().map(Node::bootstrap).collect(Collectors.joining(","));
  }

  /** The process ids, as {@link Processes#pids} reads them. */
  String pids() {
    return nodes.stream().map(node -> String.valueOf(node.pid())).collect(Collectors.joining(","));
  }

  /** The CPU time of all. */
  Duration cpu() {
    return nodes.stream().map(Node::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  /** The resident memory of all. */
  long residentBytes() throws IOException {
    long bytes = 0;
    for (Node node : nodes) {
      bytes += node.residentBytes();
    }
    return bytes;
  }

  boolean areAlive() {
    return nodes.stream().allMatch(Node::isAlive);
  }

  @Override
  public void close() {
    nodes.forEach(Node::close);
  }
}
