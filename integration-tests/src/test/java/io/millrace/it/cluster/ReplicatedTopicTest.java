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
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.PartitionStatus.ReplicaStatus;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.TopicPartition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes that copy each other's partitions: kill -9 of a leader loses nothing that was
 * acknowledged by all (S02, S07, S13), and the killed node comes back with the same bytes (S10,
 * S12). Run with {@code -Dmillrace.leader.kills=30} for the whole measure.
 */
class ReplicatedTopicTest {
  private static final String TOPIC = "copied";
  private static final int PARTITIONS = 3;
  private static final int NODES = 3;

  /** Records that are acknowledged before a kill, and after it, at least. */
  private static final int SOME = 2_000;

  private static final int KILLS = Integer.getInteger("millrace.leader.kills", 1);

  @TempDir Path home;

  @Test
  void S02_S13_aKilledLeaderLosesNothingAndComesBackInSyncWithTheSameBytes() throws Exception {
    try (ClusterProcesses cluster = ClusterProcesses.start(home, NODES, Map.of());
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()))) {
      client
          .admin()
          .createTopic(new NewTopic(TOPIC, PARTITIONS, NODES, Map.of("min.insync.replicas", "2")));
      Load load = new Load(client);
      Thread sending = new Thread(load::run, "load");
      sending.start();
      load.awaitAcknowledged(SOME);

      for (int kill = 0; kill < KILLS; kill++) {
        killLeader(cluster, client, load, kill % PARTITIONS);
      }
      load.stop();
      sending.join();

      load.check(readAll(client, load.sent()));
      awaitSameBytes(cluster);
      assertThat(client.admin().listPartitions(TOPIC))
          .allSatisfy(ReplicatedTopicTest::allReplicasEndAtTheHighWatermark);
      System.out.printf("%d records, %d kills, none lost%n", load.sent(), KILLS);
    }
  }

  private static void killLeader(
      ClusterProcesses cluster, MillraceClient client, Load load, int partition) throws Exception {
    int killed = partitions(client).get(partition).leader();
    load.measure(partition);
    long killedNanos = System.nanoTime();
    cluster.node(killed).kill();
    load.awaitAcknowledged(load.acknowledged() + SOME);
    assertThat(partitions(client)).noneMatch(each -> each.leader() == killed);
    assertThat(client.admin().listPartitions(TOPIC))
        .allSatisfy(status -> tellsWhatTheOthersHave(status, killed));

    cluster.node(killed).restart();
    awaitAllInSync(client);
    System.out.printf(
        "killed node %d: no acknowledgement of partition %d for %d ms at most, all in sync after"
            + " %d ms%n",
        killed,
        partition,
        load.longestGapMs(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killedNanos));
    load.awaitAcknowledged(load.acknowledged() + SOME);
  }

  private static void tellsWhatTheOthersHave(PartitionStatus status, int killed) {
    assertThat(status.outOfSyncReplicas()).containsExactly(killed);
    assertThat(status.highWatermark()).isPositive();
    for (ReplicaStatus replica : status.replicas()) {
      boolean told = replica.nodeId() != killed;
      assertThat(replica.whyUnknown().isEmpty()).as("%s", replica).isEqualTo(told);
      assertThat(replica.endOffset() >= 0).as("%s", replica).isEqualTo(told);
      assertThat(replica.offsetsBehind() >= 0).as("%s", replica).isEqualTo(told);
    }
  }

  private static void allReplicasEndAtTheHighWatermark(PartitionStatus status) {
    assertThat(status.outOfSyncReplicas()).isEmpty();
    assertThat(status.replicas())
        .hasSize(NODES)
        .allMatch(replica -> replica.endOffset() == status.highWatermark())
        .allMatch(replica -> replica.offsetsBehind() == 0);
  }

  /** Sends numbers, one after the other, and remembers where each was acknowledged. */
  private static final class Load {
    /** Records that are sent and not acknowledged, at most. */
    private static final int WINDOW = 500;

    private final MillraceClient client;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Map<Integer, RecordMetadata> acknowledged = new ConcurrentHashMap<>();
    private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    private volatile int sent;

    /** Guarded by this: the partition whose acknowledgements are watched. */
    private int watched;

    private long lastNanos;
    private long longestNanos;

    Load(MillraceClient client) {
      this.client = client;
    }

    void run() {
      List<CompletableFuture<?>> open = new ArrayList<>();
      try (Producer producer = client.producer(ProducerConfig.defaults())) {
        for (int i = 0; !stopped.get(); i++) {
          int number = i;
          byte[] value = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
          open.add(
              producer
                  .send(ProducerRecord.of(TOPIC, value))
                  .thenAccept(at -> acknowledged(number, at))
                  .exceptionally(
                      thrown -> {
                        failures.add(thrown);
                        return null;
                      }));
          sent = number + 1;
          if (number >= WINDOW) {
            open.get(number - WINDOW).join();
          }
        }
        CompletableFuture.allOf(open.toArray(new CompletableFuture<?>[0])).join();
      }
    }

    private void acknowledged(int number, RecordMetadata at) {
      acknowledged.put(number, at);
      synchronized (this) {
        if (at.partition() == watched) {
          long now = System.nanoTime();
          longestNanos = Math.max(longestNanos, now - lastNanos);
          lastNanos = now;
        }
      }
    }

    /** From now on the longest time between two acknowledgements of a partition is measured. */
    synchronized void measure(int partition) {
      watched = partition;
      lastNanos = System.nanoTime();
      longestNanos = 0;
    }

    synchronized long longestGapMs() {
      return TimeUnit.NANOSECONDS.toMillis(longestNanos);
    }

    int sent() {
      return sent;
    }

    int acknowledged() {
      return acknowledged.size();
    }

    void awaitAcknowledged(int records) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> acknowledged() >= records);
    }

    void stop() {
      stopped.set(true);
    }

    /** Every record is there once, where it was acknowledged, and in the order of sending. */
    void check(List<ConsumerRecord> read) {
      assertThat(failures).isEmpty();
      assertThat(acknowledged).hasSize(sent);
      assertThat(read).hasSize(sent);
      Map<Integer, Integer> last = new HashMap<>();
      for (ConsumerRecord record : read) {
        int number = Integer.parseInt(new String(record.value(), StandardCharsets.UTF_8));
        RecordMetadata at = acknowledged.get(number);
        assertThat(record.partition()).isEqualTo(at.partition());
        assertThat(record.offset()).isEqualTo(at.offset());
        assertThat(number).isGreaterThan(last.getOrDefault(record.partition(), -1));
        last.put(record.partition(), number);
      }
    }
  }

  private static List<PartitionDescription> partitions(MillraceClient client) {
    return client.admin().describeTopic(TOPIC).partitions();
  }

  private static void awaitAllInSync(MillraceClient client) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertThat(partitions(client))
                    .allMatch(each -> each.inSyncReplicas().size() == NODES));
  }

  private static List<ConsumerRecord> readAll(MillraceClient client, int records) {
    List<ConsumerRecord> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        consumer.assign(new TopicPartition(TOPIC, partition), OffsetSpec.earliest());
      }
      long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (read.size() < records && System.nanoTime() < endNanos) {
        read.addAll(consumer.poll(Duration.ofMillis(200)));
      }
    }
    return read;
  }

  /** Nothing is written any more: the logs of all replicas are the same, to the last byte. */
  private static void awaitSameBytes(ClusterProcesses cluster) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              for (int partition = 0; partition < PARTITIONS; partition++) {
                byte[] first = log(cluster.node(1), partition);
                assertThat(first).isNotEmpty();
                for (int node = 2; node <= NODES; node++) {
                  assertThat(log(cluster.node(node), partition))
                      .as("partition %d on node %d", partition, node)
                      .isEqualTo(first);
                }
              }
            });
  }

  private static byte[] log(BrokerProcess node, int partition) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Stream<Path> files = Files.list(node.dataDir().resolve(TOPIC + "-" + partition))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".log")).sorted().toList()) {
        bytes.write(Files.readAllBytes(file));
      }
    }
    return bytes.toByteArray();
  }
}
