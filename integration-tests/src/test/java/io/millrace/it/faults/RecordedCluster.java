package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.ClusterProcesses;
import io.millrace.it.faults.HistoryChecker.Violation;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.TopicMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/**
 * Processes with a topic of each {@code flush.mode}, three replicas of which two are to be in sync,
 * and a {@link RecordedLoad} on them whose history is checked in the end. Confined to one thread.
 */
final class RecordedCluster implements AutoCloseable {
  static final int REPLICAS = 3;

  /** The topics, each named for its {@code flush.mode}. */
  static final List<String> TOPICS = List.of("os", "commit");

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** Acknowledgements of each partition that show that it is written to. */
  private static final int PROGRESS = 20;

  private final ClusterProcesses cluster;
  private final MillraceClient client;
  private final ClientHistory history = new ClientHistory();
  private final List<TopicPartition> partitions = new ArrayList<>();
  private final RecordedLoad load;

  /**
   * Makes the topics; the load is not begun.
   *
   * @param partitionsOfTopic how many partitions each topic has
   * @param recordsPerSecond of each topic's producer, at most
   * @param configs of the topics, besides
   */
  RecordedCluster(
      ClusterProcesses cluster,
      int partitionsOfTopic,
      int recordsPerSecond,
      Map<String, String> configs) {
    this.cluster = cluster;
    this.client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()));
    for (String topic : TOPICS) {
      Map<String, String> own = new HashMap<>(configs);
      own.put("min.insync.replicas", "2");
      own.put("flush.mode", topic);
      client.admin().createTopic(new NewTopic(topic, partitionsOfTopic, REPLICAS, own));
      for (int i = 0; i < partitionsOfTopic; i++) {
        partitions.add(new TopicPartition(topic, i));
      }
    }
    this.load = new RecordedLoad(cluster.bootstrap(), history, partitions, recordsPerSecond);
  }

  MillraceClient client() {
    return client;
  }

  ClientHistory history() {
    return history;
  }

  RecordedLoad load() {
    return load;
  }

  List<TopicPartition> partitions() {
    return partitions;
  }

  /** Begins the load, once all replicas are in sync, and waits until all partitions have some. */
  void begin() {
    awaitAllInSync();
    load.start();
    load.gaps().begin();
    awaitProgress();
  }

  /** Every partition is written to from now on. */
  void awaitProgress() {
    long before = load.gaps().fewest();
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> load.gaps().fewest() >= before + PROGRESS);
  }

  /** By what each node knows: one that was cut off tells of the past until it has caught up. */
  void awaitAllInSync() {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              Map<TopicPartition, PartitionMetadata> known = known(1);
              assertThat(known.values())
                  .hasSameSizeAs(partitions)
                  .allMatch(
                      each ->
                          each.getLeaderId() != 0
                              && each.getReplicasCount() == REPLICAS
                              && each.getInSyncReplicasCount() == REPLICAS);
              for (int node = 2; node <= cluster.size(); node++) {
                assertThat(known(node)).isEqualTo(known);
              }
            });
    load.requireNoFailure();
  }

  /** The partitions of the load as a node knows them. */
  Map<TopicPartition, PartitionMetadata> known(int node) {
    Map<TopicPartition, PartitionMetadata> known = new HashMap<>();
    for (TopicMetadata topic : cluster.metadata(node).getTopicsList()) {
      if (TOPICS.contains(topic.getName())) {
        topic
            .getPartitionsList()
            .forEach(
                each -> known.put(new TopicPartition(topic.getName(), each.getPartition()), each));
      }
    }
    return known;
  }

  /** How many of the partitions each node leads. */
  Map<Integer, Integer> leaders() {
    Map<Integer, Integer> led = new HashMap<>();
    for (String topic : TOPICS) {
      client
          .admin()
          .describeTopic(topic)
          .partitions()
          .forEach(each -> led.merge(each.leader(), 1, Integer::sum));
    }
    return led;
  }

  /** Ends the load, waits for all replicas, and checks what clients saw and what the logs hold. */
  List<Violation> finish() throws Exception {
    load.finish();
    awaitAllInSync();
    Map<TopicPartition, ClientHistory.Contents> logs = FinalLogs.read(client, history, partitions);
    return HistoryChecker.violations(history, logs, replicas());
  }

  private Map<TopicPartition, List<ReplicaLog>> replicas() throws IOException {
    Map<TopicPartition, List<ReplicaLog>> all = new HashMap<>();
    for (Map.Entry<TopicPartition, PartitionMetadata> each : known(1).entrySet()) {
      List<ReplicaLog> logs = new ArrayList<>();
      for (int node : each.getValue().getReplicasList()) {
        logs.add(ReplicaLog.read(node, cluster.node(node).directory(each.getKey()).orElseThrow()));
      }
      all.put(each.getKey(), logs);
    }
    return all;
  }

  /** Lets time go by. */
  static void pass(long ms) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
      LockSupport.parkNanos(end - now);
    }
  }

  @Override
  public void close() {
    load.close();
    client.close();
  }
}
