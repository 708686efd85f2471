package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
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
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A byte flips on the leader's disk, and a consumer reads over it (S25). */
@Timeout(120)
class CorruptLeaderTest {
  private static final String TOPIC = "flipped";
  private static final int RECORDS = 30;

  @TempDir Path home;

  @Test
  void S25_aConsumerReadsOverAByteThatFlippedOnTheLeadersDisk() throws Exception {
    try (LocalCluster cluster = LocalCluster.start(home);
        MillraceClient client = cluster.connect()) {
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
      int leader = state(client).partition().leader();
      byte[] good = Files.readAllBytes(log(leader));
      flip(log(leader), good.length / 2);

      assertThat(read(client))
          .extracting(record -> (int) record.value()[0])
          .hasSize(RECORDS)
          .isSorted()
          .doesNotHaveDuplicates();
      awaitWhole(client);
      assertThat(state(client).partition().leader()).isNotEqualTo(leader);
      assertThat(log(leader)).hasBinaryContent(good);
    }
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
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> state(client).outOfSyncReplicas().isEmpty());
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
