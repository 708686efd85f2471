package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ReassignmentDescription;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.ClusterProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Where the replicas of a {@link RecordedCluster}'s partitions are to be, the preferred leader
 * first. Confined to one thread.
 *
 * @param first those of each topic's partition 0
 * @param second those of each topic's partition 1
 */
record Placement(List<Integer> first, List<Integer> second) {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Asks for it, and waits until it is so and all are in sync. */
  void arrange(RecordedCluster recorded) {
    ask(recorded);
    await(recorded);
  }

  /** Asks for it. */
  void ask(RecordedCluster recorded) {
    Map<TopicPartition, Optional<List<Integer>>> wanted = new HashMap<>();
    for (TopicPartition partition : recorded.partitions()) {
      wanted.put(partition, Optional.of(of(partition)));
    }
    recorded.client().admin().alterReassignments(wanted);
  }

  private List<Integer> of(TopicPartition partition) {
    return partition.partition() == 0 ? first : second;
  }

  /** Waits until it is so, and all are in sync. */
  void await(RecordedCluster recorded) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .untilAsserted(
            () ->
                recorded
                    .known(2)
                    .forEach(
                        (partition, now) ->
                            assertThat(now.getReplicasList()).isEqualTo(of(partition))));
    recorded.awaitAllInSync();
  }

  /** The nodes that a partition is being copied to. */
  static List<Integer> adding(RecordedCluster recorded, TopicPartition partition) {
    return recorded.client().admin().listReassignments(Optional.of(partition.topic())).stream()
        .filter(each -> each.partition().equals(partition))
        .map(ReassignmentDescription::adding)
        .findFirst()
        .orElse(List.of());
  }

  /** How much of a partition a node has on its disk. */
  static long bytes(ClusterProcesses cluster, int node, TopicPartition partition)
      throws IOException {
    Optional<Path> directory = cluster.node(node).directory(partition);
    if (directory.isEmpty()) {
      return 0;
    }
    try (Stream<Path> files = Files.list(directory.get())) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }
}
