package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.TopicPartition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S18 on three processes in three racks: a consumer is served by the follower in its rack, never
 * what is not committed, and by the leader while that follower is away; no record is lost, doubled
 * or out of order.
 */
class FollowerReadsTest {
  private static final TopicPartition PARTITION = new TopicPartition("copied", 0);
  private static final int NODES = 3;
  private static final int SOME = 2_000;

  @TempDir Path home;

  @Test
  void S18_aConsumerReadsInItsRackAndAtTheLeaderWhileItsReplicaIsAway() throws Exception {
    try (ClusterProcesses cluster = ClusterProcesses.start(home, racks());
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()));
        Producer producer = client.producer(ProducerConfig.defaults())) {
      client
          .admin()
          .createTopic(
              new NewTopic(PARTITION.topic(), 1, NODES, Map.of("min.insync.replicas", "2")));
      awaitAllInSync(client);
      int controller = cluster.awaitController();
      int leader = description(client).leader();
      int near = otherThan(leader, controller);
      int third = 6 - leader - near;
      send(producer, SOME);
      assertThat(consumedBy(cluster, rack(near))).hasSize(SOME);
      double forCommand = bytes(cluster, near, "millrace_fetch_follower_bytes_total");
      assertThat(forCommand).as("by the command's --rack").isGreaterThan(SOME * 100.0);
      try (Reader reader = new Reader(client, rack(near))) {
        reader.awaitRecords(SOME);
        assertThat(reader.fromFollower()).isTrue();
        assertThat(bytes(cluster, leader, "millrace_fetch_bytes_total")).isZero();
        assertThat(bytes(cluster, near, "millrace_fetch_follower_bytes_total"))
            .isGreaterThan(forCommand + SOME * 100.0);

        seesOnlyWhatIsCommitted(cluster, producer, reader, near, third);

        cluster.node(near).kill();
        send(producer, SOME);
        reader.awaitRecords(2 * SOME + 1);
        assertThat(reader.fromFollower()).isFalse();
        assertThat(bytes(cluster, leader, "millrace_fetch_bytes_total")).isPositive();

        cluster.node(near).restart();
        atMostAMinute().until(() -> reader.poll().fromFollower());
        send(producer, SOME);
        reader.awaitRecords(3 * SOME + 1);
        assertThat(bytes(cluster, near, "millrace_fetch_follower_bytes_total"))
            .isGreaterThan(SOME * 100.0);

        cluster.node(leader).kill();
        send(producer, SOME);
        reader.awaitRecords(4 * SOME + 1);
      }
    }
  }

  /** The offsets that {@code consume --rack} prints. */
  private List<String> consumedBy(ClusterProcesses cluster, String rack) throws Exception {
    List<String> line =
        List.of(
            "consume",
            PARTITION.topic(),
            "--rack",
            rack,
            "--format",
            "%o\\n",
            "--bootstrap",
            cluster.bootstrap());
    try (MillraceProcess command = MillraceProcess.start(home, "consume", line)) {
      assertThat(command.waitFor(Duration.ofSeconds(60))).as(command.stderr()).isZero();
      return command.stdout().lines().toList();
    }
  }

  private static List<Map<String, String>> racks() {
    List<Map<String, String>> settings = new ArrayList<>();
    for (int node = 1; node <= NODES; node++) {
      // A node that is paused for a moment stays in the ISR.
      settings.add(Map.of("rack", rack(node), "broker.session.timeout.ms", "30000"));
    }
    return settings;
  }

  private static String rack(int node) {
    return "zone-" + node;
  }

  private static int otherThan(int leader, int controller) {
    int chosen = 1;
    while (chosen == leader || chosen == controller) {
      chosen++;
    }
    return chosen;
  }

  /** While a member of the ISR stands still, nothing is committed, though the other has it all. */
  private static void seesOnlyWhatIsCommitted(
      ClusterProcesses cluster, Producer producer, Reader reader, int near, int third)
      throws Exception {
    String marker = "not committed yet";
    cluster.node(third).pause();
    CompletableFuture<RecordMetadata> pending;
    try {
      pending =
          producer.send(
              ProducerRecord.of(PARTITION.topic(), marker.getBytes(StandardCharsets.UTF_8)));
      atMostAMinute().until(() -> logHas(cluster.node(near), marker));
      long before = reader.position();
      for (int i = 0; i < 5; i++) {
        // Asks anew, at the leader and then at the follower.
        reader.seek(before);
        assertThat(reader.poll().position()).isEqualTo(before);
      }
      assertThat(pending).isNotDone();
    } finally {
      cluster.node(third).resume();
    }
    pending.join();
    reader.awaitRecords(SOME + 1);
    assertThat(reader.fromFollower()).isTrue();
  }

  private static boolean logHas(BrokerProcess node, String text) throws IOException {
    try (Stream<Path> files = Files.list(node.dataDir().resolve("copied-0"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".log")).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  private static ConditionFactory atMostAMinute() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
  }

  private static PartitionDescription description(MillraceClient client) {
    return client.admin().describeTopic(PARTITION.topic()).partitions().get(0);
  }

  private static void awaitAllInSync(MillraceClient client) {
    atMostAMinute()
        .until(
            () -> {
              PartitionDescription now = description(client);
              return now.leader() > 0 && now.inSyncReplicas().size() == NODES;
            });
  }

  /** Every record is acknowledged, whoever leads. */
  private static void send(Producer producer, int records) {
    List<CompletableFuture<RecordMetadata>> open = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      open.add(producer.send(ProducerRecord.of(PARTITION.topic(), new byte[100])));
    }
    open.forEach(CompletableFuture::join);
  }

  private static double bytes(ClusterProcesses cluster, int node, String metric) throws Exception {
    return cluster
        .node(node)
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(metric + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
        .sum();
  }

  /** Reads from the first record on and insists on one after the other. */
  private static final class Reader implements AutoCloseable {
    private final Consumer consumer;
    private long next;

    Reader(MillraceClient client, String rack) {
      consumer = client.consumer(ConsumerConfig.builder().rack(rack).build());
      consumer.assign(PARTITION, OffsetSpec.earliest());
    }

    Reader poll() {
      for (ConsumerRecord record : consumer.poll(Duration.ofMillis(200))) {
        assertThat(record.offset()).isEqualTo(next);
        next++;
      }
      return this;
    }

    void seek(long offset) {
      consumer.seek(PARTITION, offset);
    }

    long position() {
      return next;
    }

    boolean fromFollower() {
      return consumer.metrics().partitions().get(PARTITION).fromFollower();
    }

    void awaitRecords(long records) {
      atMostAMinute().until(() -> poll().position() >= records);
      assertThat(next).isEqualTo(records);
    }

    @Override
    public void close() {
      consumer.close();
    }
  }
}
