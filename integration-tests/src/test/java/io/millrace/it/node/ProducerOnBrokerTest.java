package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerMetrics;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a producer makes of a real node's refusals, absence and deletions. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProducerOnBrokerTest {
  private static final int MANY_TOPICS = 150;

  private LocalNode node;
  private MillraceClient client;

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

  private static ProducerRecord record(String topic, String value) {
    return ProducerRecord.of(topic, value.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> read(String topic, int records) {
    List<String> read = new ArrayList<>();
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(new TopicPartition(topic, 0), OffsetSpec.earliest());
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                for (ConsumerRecord record : consumer.poll(Duration.ofMillis(50))) {
                  read.add(new String(record.value(), StandardCharsets.UTF_8));
                }
                return read.size() >= records;
              });
    }
    return read;
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void S23_cutsBatchesThatTheTopicDoesNotTake(Compression codec) {
    String topic = "small-" + codec;
    client.admin().createTopic(new NewTopic(topic, 1, 1, Map.of("max.message.bytes", "1000")));
    ProducerConfig config =
        ProducerConfig.builder().batchBytes(64 << 10).compression(codec).build();
    List<String> values =
        IntStream.range(0, 500).mapToObj(i -> i + " " + Integer.toHexString(i * 7_919)).toList();
    try (Producer producer = client.producer(config)) {
      values.forEach(value -> producer.sendAndForget(record(topic, value)));
      producer.flush();
      assertThat(producer.metrics().answered().failedRecords()).isZero();
      assertThat(producer.metrics().frames().cuts()).isPositive();
      assertThatThrownBy(
              () -> producer.sendAndWait(ProducerRecord.of(topic, noise(2_000)).toPartition(0)))
          .hasMessageContaining("BATCH_TOO_LARGE");
    }
    assertThat(read(topic, 500)).isEqualTo(values);
  }

  private static byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    new java.util.Random(1).nextBytes(noise);
    return noise;
  }

  @Test
  void S28_deliversEachRecordOnceAndInOrderThroughAStopOfTheNode() {
    client.admin().createTopic(NewTopic.of("stops", 1));
    List<CompletableFuture<RecordMetadata>> answers = new ArrayList<>();
    try (Producer producer = client.producer(ProducerConfig.builder().batchBytes(500).build())) {
      for (int i = 0; i < 3_000; i++) {
        answers.add(producer.send(record("stops", "value " + i)));
        if (i == 1_500) {
          node.stop();
          node.start();
        }
      }
      producer.flush();
      assertThat(producer.metrics().buffer().usedBytes()).isZero();
    }
    List<String> log = read("stops", 3_000);
    assertThat(log).isEqualTo(IntStream.range(0, 3_000).mapToObj(i -> "value " + i).toList());
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).join().offset()).isIn((long) i, -1L);
    }
  }

  @Test
  void keepsToItsTimesWhileTheNodeIsAwayAndGoesOnWhenItIsBack() {
    client.admin().createTopic(NewTopic.of("away", 1));
    ProducerConfig config =
        ProducerConfig.builder()
            .bufferBytes(200_000)
            .batchBytes(20_000)
            .maxBlock(Duration.ofMillis(100))
            .deliveryTimeout(Duration.ofSeconds(1))
            .build();
    try (Producer producer = client.producer(config)) {
      producer.sendAndWait(record("away", "before"));
      node.stop();
      List<CompletableFuture<RecordMetadata>> lost = new ArrayList<>();
      while (lost.isEmpty() || !lost.get(lost.size() - 1).isDone()) {
        lost.add(producer.send(ProducerRecord.of("away", new byte[10_000])));
      }
      assertThat(lost.get(lost.size() - 1))
          .failsWithin(Duration.ZERO)
          .withThrowableThat()
          .withMessageContaining("buffer of 200000 bytes was full");
      assertThat(producer.flush(Duration.ofSeconds(5))).as("by the delivery time-out").isTrue();
      assertThatThrownBy(lost.get(0)::join).hasMessageContaining("not delivered within 1000 ms");
      assertThat(producer.metrics().buffer())
          .isEqualTo(new ProducerMetrics.Buffer(200_000, 0, 0, 0));
      node.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptionsInstanceOf(MillraceException.class)
          .until(() -> producer.sendAndWait(record("away", "after")).offset() > 0);
    }
  }

  @Test
  void aTopicThatIsDeletedWhileProducingGetsNothingOfTheOldOnesWhenItIsThereAgain() {
    client.admin().createTopic(NewTopic.of("gone", 1));
    List<CompletableFuture<RecordMetadata>> before = new ArrayList<>();
    try (Producer producer =
        client.producer(
            ProducerConfig.builder()
                .batchBytes(300)
                .maxBlock(Duration.ofMillis(200))
                .deliveryTimeout(Duration.ofSeconds(5))
                .build())) {
      for (int i = 0; i < 2_000; i++) {
        before.add(producer.send(record("gone", "before " + i)));
        if (i == 1_000) {
          client.admin().deleteTopic("gone");
        }
        if (i == 1_500) {
          client.admin().createTopic(NewTopic.of("gone", 1));
        }
      }
      producer.flush();
      assertThat(producer.sendAndWait(record("gone", "after")).partition()).isZero();
    }
    List<String> log = read("gone", 1);
    assertThat(log).doesNotHaveDuplicates().contains("after");
    for (String value : log) {
      if (value.startsWith("before ")) {
        int number = Integer.parseInt(value.substring("before ".length()));
        assertThat(number).as("sent after it was created again").isGreaterThan(1_500);
        assertThat(before.get(number)).isCompleted();
      }
    }
    assertThat(before.stream().filter(CompletableFuture::isCompletedExceptionally).count())
        .isPositive();
    for (CompletableFuture<RecordMetadata> answer : before) {
      if (answer.isCompletedExceptionally()) {
        assertThatThrownBy(answer::join).hasMessageContaining("UNKNOWN_TOPIC");
      }
    }
  }

  @Test
  void carriesARecordToEachOfManyTopicsAlsoAfterTheNodeWasAway() throws Exception {
    ExecutorService creators = Executors.newFixedThreadPool(8);
    try {
      creators
          .invokeAll(
              IntStream.range(0, MANY_TOPICS)
                  .<Callable<Object>>mapToObj(
                      i -> () -> client.admin().createTopic(NewTopic.of("many-" + i, 1)))
                  .toList())
          .forEach(ProducerOnBrokerTest::done);
    } finally {
      creators.shutdownNow();
    }
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      sendToAll(producer);
      assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
      assertThat(producer.metrics().answered().records()).isEqualTo(MANY_TOPICS);
      node.stop();
      sendToAll(producer);
      long clientThreads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().startsWith("millrace-client"))
              .count();
      assertThat(clientThreads).isLessThan(10);
      node.start();
      assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
      assertThat(producer.metrics().answered().records()).isEqualTo(2 * MANY_TOPICS);
      assertThat(producer.metrics().buffer().usedBytes()).isZero();
    }
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    IntStream.range(0, MANY_TOPICS)
        .forEach(i -> ends.put(new TopicPartition("many-" + i, 0), OffsetSpec.latest()));
    assertThat(client.admin().offsets(ends).values()).containsOnly(2L);
  }

  private static void done(Future<?> future) {
    assertThat(future).succeedsWithin(Duration.ZERO);
  }

  private static void sendToAll(Producer producer) {
    for (int i = 0; i < MANY_TOPICS; i++) {
      producer.sendAndForget(record("many-" + i, "value"));
    }
  }
}
