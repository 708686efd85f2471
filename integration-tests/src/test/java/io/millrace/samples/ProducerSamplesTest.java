package io.millrace.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.TopicPartition;
import io.millrace.it.node.LocalNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every sample of a producer does on a node what it says. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProducerSamplesTest {
  private static final int PARTITIONS = 3;
  private static final List<String> VALUES =
      IntStream.range(0, 50).mapToObj(i -> "value " + i).toList();

  private LocalNode node;
  private MillraceClient client;
  private String topic = "";

  @BeforeAll
  void start(@TempDir Path home) {
    node = new LocalNode(home.resolve("data"));
    client = node.connect();
  }

  @AfterAll
  void stop() {
    client.close();
    node.close();
  }

  @BeforeEach
  void createTopic(TestInfo test) {
    topic = test.getTestMethod().orElseThrow().getName();
    client.admin().createTopic(NewTopic.of(topic, PARTITIONS));
  }

  private List<ConsumerRecord> read(int records) {
    List<ConsumerRecord> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      for (int i = 0; i < PARTITIONS; i++) {
        consumer.assign(new TopicPartition(topic, i), OffsetSpec.earliest());
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                read.addAll(consumer.poll(Duration.ofMillis(100)));
                return read.size() >= records;
              });
    }
    return read;
  }

  private static List<String> values(List<ConsumerRecord> records) {
    return records.stream().map(r -> new String(r.value(), StandardCharsets.UTF_8)).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void sendWithCallback() {
    assertThat(SendWithCallback.run(client, topic, VALUES)).isZero();
    assertThat(values(read(50))).containsExactlyInAnyOrderElementsOf(VALUES);
  }

  @Test
  void sendWithFuture() {
    List<RecordMetadata> places = SendWithFuture.run(client, topic, VALUES);
    assertThat(places).doesNotHaveDuplicates().hasSize(50);
    assertThat(values(read(50))).containsExactlyInAnyOrderElementsOf(VALUES);
  }

  @Test
  void sendAndWait() {
    RecordMetadata place = SendAndWait.run(client, topic, "one");
    assertThat(place.offset()).isZero();
    assertThat(read(1)).singleElement().matches(r -> r.partition() == place.partition());
  }

  @Test
  void sendAndForget() {
    assertThat(SendAndForget.run(client, topic, VALUES)).isZero();
    assertThat(values(read(50))).containsExactlyInAnyOrderElementsOf(VALUES);
  }

  @Test
  void keepTheOrderOfAKey() {
    KeepTheOrderOfAKey.run(client, topic, "order 17", VALUES);
    assertThat(values(read(50))).containsExactlyElementsOf(VALUES);
  }

  @Test
  void chooseThePartition() {
    ProducerRecord urgent =
        ProducerRecord.of(topic, bytes("fire")).withHeaders(List.of(new Header("urgent", null)));
    assertThat(ChooseThePartition.run(client, urgent).partition()).isZero();
    ProducerRecord keyed = ProducerRecord.of(topic, bytes("key"), bytes("tea"));
    assertThat(ChooseThePartition.run(client, keyed).partition()).isIn(1, 2);
  }

  @Test
  void interceptRecords() {
    List<ProducerRecord> records =
        VALUES.stream().map(value -> ProducerRecord.of(topic, bytes(value))).toList();
    assertThat(InterceptRecords.run(client, "kitchen", records)).isEqualTo(50);
    assertThat(read(50))
        .allSatisfy(
            record -> {
              assertThat(record.headers()).hasSize(1);
              assertThat(record.headers().get(0).key()).isEqualTo("origin");
              assertThat(new String(record.headers().get(0).value())).isEqualTo("kitchen");
            });
  }

  @Test
  void watchTheProducer() {
    assertThat(WatchTheProducer.run(client, topic, 100))
        .contains("records 100", "failed 0", "retries 0", "buffer_used_bytes 0");
  }
}
