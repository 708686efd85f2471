package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker is down while topics of which it has replicas are deleted, and one is made again. What a
 * client sends to the old one's id lands nowhere, and the broker's old logs are kept aside.
 */
@Timeout(120)
class TopicMadeAgainTest {
  private static final String AGAIN = "again";
  private static final String GONE = "gone";
  private static final int AWAY = 3;

  /** Of the old topic, which is longer than the new one. */
  private static final int OLD_RECORDS = 50;

  private static final int NEW_RECORDS = 20;

  @TempDir Path home;

  @Test
  void aReplicaOfADeletedTopicLeavesNothingToTheNextTopicOfItsName() throws Exception {
    try (LocalCluster cluster = LocalCluster.start(home);
        MillraceClient client = cluster.connect()) {
      for (String topic : List.of(AGAIN, GONE)) {
        client.admin().createTopic(topic(topic, LocalCluster.NODES));
        awaitAllInSync(client, topic);
        send(client, topic, "old", OLD_RECORDS);
      }
      cluster.node(AWAY).stop();
      assertThat(Files.size(log(AWAY))).isPositive();
      client.admin().deleteTopic(AGAIN);
      client.admin().deleteTopic(GONE);
      client.admin().createTopic(topic(AGAIN, LocalCluster.NODES - 1));
      assertThatThrownBy(() -> send(client, AGAIN, "late", 1))
          .as("the client asks for the id that it knows")
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID));
      send(client, AGAIN, "new", NEW_RECORDS);
      TopicPartition partition = new TopicPartition(AGAIN, 0);
      client.admin().alterReassignments(Map.of(partition, Optional.of(List.of(1, 2, AWAY))));

      cluster.node(AWAY).start();
      awaitAllInSync(client, AGAIN);
      byte[] bytes = Files.readAllBytes(log(1));
      assertThat(log(2)).hasBinaryContent(bytes);
      assertThat(log(AWAY)).hasBinaryContent(bytes);
      assertThat(read(client)).hasSize(NEW_RECORDS).allMatch(text -> text.startsWith("new"));
      assertThat(directories())
          .as("kept, but under names that nobody opens")
          .contains(AGAIN + "-0.0.stray", GONE + "-0.0.stray")
          .doesNotContain(GONE + "-0");
    }
  }

  private static NewTopic topic(String name, int replicas) {
    Map<String, String> configs = Map.of("min.insync.replicas", "2", "file.delete.delay.ms", "0");
    return new NewTopic(name, 1, replicas, configs);
  }

  private static void send(MillraceClient client, String topic, String text, int records) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < records; i++) {
        byte[] value = (text + " " + i).getBytes(StandardCharsets.UTF_8);
        producer.sendAndWait(ProducerRecord.of(topic, value));
      }
    }
  }

  private static List<String> read(MillraceClient client) {
    List<String> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(new TopicPartition(AGAIN, 0), OffsetSpec.earliest());
      long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (read.size() < NEW_RECORDS && System.nanoTime() < endNanos) {
        consumer
            .poll(Duration.ofMillis(100))
            .forEach(record -> read.add(new String(record.value(), StandardCharsets.UTF_8)));
      }
    }
    return read;
  }

  private static PartitionStatus state(MillraceClient client, String topic) {
    return client.admin().listPartitions(topic).get(0);
  }

  /** A replica that is being added counts as one only once it is in sync. */
  private static void awaitAllInSync(MillraceClient client, String topic) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(
            () -> state(client, topic).partition().inSyncReplicas().size() == LocalCluster.NODES);
  }

  private Path log(int node) {
    return home.resolve("" + node).resolve(AGAIN + "-0").resolve("00000000000000000000.log");
  }

  /** What lies in the directory of the node that was away. */
  private List<String> directories() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("" + AWAY))) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }
}
