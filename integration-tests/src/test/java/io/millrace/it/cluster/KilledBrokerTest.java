package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.TopicPartition;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * kill -9 of a broker process loses nothing that was acknowledged (S07, S28, S31), in both flush
 * modes.
 */
class KilledBrokerTest {
  private static final int PARTITIONS = 3;
  private static final int LINES = 30_000;

  @TempDir Path home;

  @ParameterizedTest
  @ValueSource(strings = {"os", "commit"})
  void produceCommandOutlivesAKilledBrokerWithEachLineOnceAndInOrder(String flushMode)
      throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(home, Map.of());
        MillraceClient client = MillraceClient.connect(ClientConfig.of(broker.bootstrap()))) {
      createTopic(client, flushMode);
      try (MillraceProcess produce =
          MillraceProcess.start(
              home, "produce", List.of("produce", "lines", "--bootstrap", broker.bootstrap()))) {
        OutputStream lines = produce.input();
        feed(lines, 0, LINES / 2);
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> recordsIn(client) > LINES / 10);
        broker.kill();
        feed(lines, LINES / 2, LINES);
        broker.restart();
        lines.close();

        assertThat(produce.waitFor(Duration.ofSeconds(60))).as(produce.stderr()).isZero();
      }
      Map<Integer, Integer> lastLine = new HashMap<>();
      List<ConsumerRecord> read = readAll(client, LINES);

      assertThat(read).hasSize(LINES);
      for (ConsumerRecord record : read) {
        int line = Integer.parseInt(new String(record.value(), StandardCharsets.UTF_8));
        assertThat(line).isGreaterThan(lastLine.getOrDefault(record.partition(), -1));
        lastLine.put(record.partition(), line);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"os", "commit"})
  void whatWasAcknowledgedIsAtItsOffsetAfterBrokerAndProducerAreGone(String flushMode)
      throws Exception {
    Map<TopicPartition, Map<Long, String>> acknowledged = new ConcurrentHashMap<>();
    try (BrokerProcess broker = BrokerProcess.start(home, Map.of())) {
      try (MillraceClient client = MillraceClient.connect(ClientConfig.of(broker.bootstrap()))) {
        createTopic(client, flushMode);
        Producer producer = client.producer(ProducerConfig.defaults());
        for (int i = 0; i < LINES; i++) {
          String value = Integer.toString(i);
          producer
              .send(ProducerRecord.of("lines", value.getBytes(StandardCharsets.UTF_8)))
              .thenAccept(at -> remember(acknowledged, at, value));
        }
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> count(acknowledged) > LINES / 10);
        broker.kill();
        producer.close(Duration.ZERO);
      }
      broker.restart();
      try (MillraceClient client = MillraceClient.connect(ClientConfig.of(broker.bootstrap()))) {
        Map<TopicPartition, Map<Long, String>> stored = new HashMap<>();
        for (ConsumerRecord record : readAll(client, recordsIn(client))) {
          String value = new String(record.value(), StandardCharsets.UTF_8);
          stored
              .computeIfAbsent(
                  new TopicPartition("lines", record.partition()), p -> new HashMap<>())
              .put(record.offset(), value);
        }
        acknowledged.forEach(
            (partition, records) ->
                assertThat(stored.get(partition)).containsAllEntriesOf(records));
      }
    }
  }

  private static void createTopic(MillraceClient client, String flushMode) {
    client
        .admin()
        .createTopic(new NewTopic("lines", PARTITIONS, 1, Map.of("flush.mode", flushMode)));
  }

  private static void feed(OutputStream lines, int from, int to) throws Exception {
    for (int line = from; line < to; line++) {
      lines.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
    lines.flush();
  }

  private static void remember(
      Map<TopicPartition, Map<Long, String>> all, RecordMetadata at, String value) {
    all.computeIfAbsent(
            new TopicPartition(at.topic(), at.partition()), p -> new ConcurrentHashMap<>())
        .put(at.offset(), value);
  }

  private static int count(Map<TopicPartition, Map<Long, String>> acknowledged) {
    return acknowledged.values().stream().mapToInt(Map::size).sum();
  }

  private static List<TopicPartition> partitions() {
    return IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition("lines", p)).toList();
  }

  private static int recordsIn(MillraceClient client) {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    partitions().forEach(partition -> ends.put(partition, OffsetSpec.latest()));
    return client.admin().offsets(ends).values().stream().mapToInt(Long::intValue).sum();
  }

  private static List<ConsumerRecord> readAll(MillraceClient client, int records) {
    List<ConsumerRecord> read = new java.util.ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      partitions().forEach(p -> consumer.assign(p, OffsetSpec.earliest()));
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                read.addAll(consumer.poll(Duration.ofMillis(200)));
                return read.size() >= records;
              });
    }
    return read;
  }
}
