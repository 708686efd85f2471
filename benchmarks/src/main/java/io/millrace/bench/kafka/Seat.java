package io.millrace.bench.kafka;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Where a node lives, and in which cluster.
 *
 * @param nodeId its number in the cluster, from 1
 * @param directory of its data, settings and log
 * @param clusterId what a node of Kafka is formatted with
 * @param ports the client ports of all nodes on loopback, by their numbers; a node's other ports
 *     follow its client port
 */
record Seat(int nodeId, Path directory, String clusterId, List<Integer> ports) {
  Seat {
    ports = List.copyOf(ports);
  }

  /** A node that is a cluster of its own. */
  static Seat alone(Path directory, int port) {
    return new Seat(1, directory, KafkaFiles.clusterId(), List.of(port));
  }

  /**
   * All nodes of a cluster.
   *
   * @param directory in which each gets one of its own
   */
  static List<Seat> together(Path directory, List<Integer> ports) {
    String clusterId = KafkaFiles.clusterId();
    List<Seat> seats = new ArrayList<>();
    for (int id = 1; id <= ports.size(); id++) {
      seats.add(new Seat(id, directory.resolve("node-" + id), clusterId, ports));
    }
    return seats;
  }

  int port() {
    return ports.get(nodeId - 1);
  }

  boolean isAlone() {
    return ports.size() == 1;
  }

  /** A list of all nodes, each as {@code id@address}. */
  String voters(IntFunction<String> addressOfPort) {
    return IntStream.rangeClosed(1, ports.size())
        .mapToObj(id -> id + "@" + addressOfPort.apply(ports.get(id - 1)))
        .collect(Collectors.joining(","));
  }
}
