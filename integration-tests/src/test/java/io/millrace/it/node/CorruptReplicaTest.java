package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A byte flips on a replica's disk, and a consumer reads over it when that one leads (S25). */
@Timeout(120)
class CorruptReplicaTest {
  private static final String TOPIC = "flipped";
  private static final int RECORDS = 30;

  @TempDir Path home;

  @Test
  void S25_aConsumerReadsOverAByteThatFlippedOnADisk() throws Exception {
    try (LocalCluster cluster = LocalCluster.start(home);
        MillraceClient client = cluster.connect()) {
      fill(client);
      int leader = state(client).partition().leader();
      byte[] good = Files.readAllBytes(log(leader));
      flip(log(leader), good.length / 2);
      isReadAndRepaired(client, leader, good);

      // The same on a follower's: nobody reads there before it leads.
      List<Integer> replicas = state(client).partition().replicas();
      int follower =
          state(client).partition().leader() == replicas.get(0) ? replicas.get(1) : replicas.get(0);
      flip(log(follower), good.length / 2);
      List<Integer> preferred =
          Stream.concat(Stream.of(follower), replicas.stream()).distinct().toList();
      TopicPartition partition = new TopicPartition(TOPIC, 0);
      client.admin().alterReassignments(Map.of(partition, Optional.of(preferred)));
      client.admin().electAllLeaders(ElectionType.PREFERRED);
      await(() -> state(client).partition().leader() == follower);
      isReadAndRepaired(client, follower, good);
    }
  }

  private static void fill(MillraceClient client) {
    client
        .admin()
        .createTopic(
            new NewTopic(TOPIC, 1, LocalCluster.NODES, Map.of("min.insync.replicas", "2")));
    awaitWhole(client);
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < RECORDS; i++) {
        producer.sendAndWait(ProducerRecord.of(TOPIC, new byte[] {(byte) i}));
      }
    }
  }

  /** It is served by another one, and what is bad is fetched from there. */
  private void isReadAndRepaired(MillraceClient client, int corrupt, byte[] good) {
    assertThat(read(client))
        .extracting(record -> (int) record.value()[0])
        .hasSize(RECORDS)
        .isSorted()
        .doesNotHaveDuplicates();
    awaitWhole(client);
    assertThat(state(client).partition().leader()).isNotEqualTo(corrupt);
    assertThat(log(corrupt)).hasBinaryContent(good);
  }

  /** No poll throws. */
  private static List<ConsumerRecord> read(MillraceClient client) {
    List<ConsumerRecord> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(new TopicPartition(TOPIC, 0), OffsetSpec.earliest());
      long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (read.size() < RECORDS && System.nanoTime() < endNanos) {
        read.addAll(consumer.poll(Duration.ofMillis(100)));
      }
    }
    return read;
  }

  private static PartitionStatus state(MillraceClient client) {
    return client.admin().listPartitions(TOPIC).get(0);
  }

  private static void awaitWhole(MillraceClient client) {
    await(() -> state(client).outOfSyncReplicas().isEmpty());
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(condition);
  }

  private Path log(int node) {
    return home.resolve("" + node).resolve(TOPIC + "-0").resolve("00000000000000000000.log");
  }

  private static void flip(Path file, long position) throws IOException {
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
      log.seek(position);
      int old = log.read();
      log.seek(position);
      log.write(old ^ 1);
    }
  }
}
