package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Admin;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.ClusterProcesses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.awaitility.Awaitility;

/**
 * A topic of one partition beside the recorded load, for what that must not see: refusals, and an
 * election that loses records. Confined to one thread.
 */
final class SideTopic {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ClusterProcesses cluster;
  private final MillraceClient client;
  private final TopicPartition partition;

  private SideTopic(ClusterProcesses cluster, MillraceClient client, TopicPartition partition) {
    this.cluster = cluster;
    this.client = client;
    this.partition = partition;
  }

  /** Makes it on these nodes, the first of which leads, and waits until all are in sync. */
  static SideTopic on(
      List<Integer> nodes,
      ClusterProcesses cluster,
      MillraceClient client,
      String name,
      Map<String, String> configs) {
    Admin admin = client.admin();
    admin.createTopic(new NewTopic(name, 1, nodes.size(), configs));
    TopicPartition partition = new TopicPartition(name, 0);
    admin.alterReassignments(Map.of(partition, Optional.of(nodes)));
    SideTopic topic = new SideTopic(cluster, client, partition);
    topic.awaitInSync(nodes);
    admin.electLeaders(ElectionType.PREFERRED, Map.of(name, Set.of(0)));
    topic.awaitLeader(nodes.get(0));
    return topic;
  }

  PartitionDescription describe() {
    return client.admin().describeTopic(partition.topic()).partitions().get(0);
  }

  /** Where the log ends for consumers. */
  long end() {
    return client
        .admin()
        .offsets(Map.of(partition, OffsetSpec.latest()))
        .getOrDefault(partition, -1L);
  }

  void awaitInSync(List<Integer> nodes) {
    await(() -> assertThat(describe().inSyncReplicas()).hasSameElementsAs(nodes));
  }

  void awaitLeader(int node) {
    await(() -> assertThat(describe().leader()).isEqualTo(node));
  }

  private static void await(org.awaitility.core.ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .untilAsserted(assertion);
  }

  /** Sends texts, acks=all, and waits until they are acknowledged. */
  void send(String... texts) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (String text : texts) {
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        producer.sendAndWait(ProducerRecord.of(partition.topic(), value).toPartition(0));
      }
    }
  }

  /** All texts from the first record to the end. */
  List<String> read() {
    List<String> read = new ArrayList<>();
    long end = end();
    long next = 0;
    long endNanos = System.nanoTime() + PATIENCE.toNanos();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(partition, OffsetSpec.earliest());
      while (next < end && System.nanoTime() < endNanos) {
        for (ConsumerRecord record : consumer.poll(Duration.ofMillis(100))) {
          read.add(new String(record.value(), StandardCharsets.UTF_8));
          next = record.offset() + 1;
        }
      }
    }
    return read;
  }

  void delete() {
    client.admin().deleteTopic(partition.topic());
  }

  /** All replicas have the same batches to the last byte; nobody writes meanwhile. */
  void requireSameLogs() throws IOException {
    Map<Integer, Map<Long, ReplicaLog.Batch>> logs = new TreeMap<>();
    for (int node : describe().replicas()) {
      Path directory = cluster.node(node).directory(partition).orElseThrow();
      logs.put(node, ReplicaLog.read(node, directory).batches());
    }
    assertThat(logs.values().stream().distinct().toList()).as("%s", logs).hasSize(1);
  }
}
