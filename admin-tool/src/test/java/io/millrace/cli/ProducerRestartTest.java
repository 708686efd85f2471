package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SDK against a real node that is restarted under it. */
class ProducerRestartTest {
  private static final TopicPartition PARTITION = new TopicPartition("restarts", 0);

  @TempDir private Path directory;

  /** S28: producer state survives the restart, so what is sent again is known again. */
  @Test
  void S28_neitherLosesNorDoublesNorReordersThroughRestartsOfTheBroker() {
    try (TestNode node = new TestNode(directory);
        MillraceClient client = MillraceClient.connect(ClientConfig.of(node.bootstrap()))) {
      client.admin().createTopic(NewTopic.of(PARTITION.topic(), 1));
      List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
      ProducerConfig config =
          ProducerConfig.builder().batchBytes(500).linger(Duration.ofMillis(1)).build();
      try (Producer producer = client.producer(config);
          Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
        consumer.assign(PARTITION, OffsetSpec.earliest());
        List<String> read = new ArrayList<>();
        for (int restart = 0; restart < 2; restart++) {
          send(producer, sent, 2_000);
          sent.get(sent.size() - 2_000).join();
          node.stop();
          send(producer, sent, 500);
          node.start();
          readUpTo(consumer, read, sent.size());
        }
        producer.flush();
        for (int i = 0; i < sent.size(); i++) {
          assertThat(sent.get(i).join().offset()).isEqualTo(i);
          assertThat(read.get(i)).isEqualTo("record " + i);
        }
        assertThat(client.admin().offsets(java.util.Map.of(PARTITION, OffsetSpec.latest())))
            .containsEntry(PARTITION, (long) sent.size());
      }
    }
  }

  private static void send(
      Producer producer, List<CompletableFuture<RecordMetadata>> sent, int count) {
    for (int i = 0; i < count; i++) {
      byte[] value = ("record " + sent.size()).getBytes(StandardCharsets.UTF_8);
      sent.add(producer.send(ProducerRecord.of(PARTITION.topic(), value)));
    }
  }

  private static void readUpTo(Consumer consumer, List<String> read, int count) {
    int empty = 0;
    while (read.size() < count && empty < 60) {
      int before = read.size();
      consumer
          .poll(Duration.ofSeconds(1))
          .forEach(r -> read.add(new String(r.value(), StandardCharsets.UTF_8)));
      empty = read.size() == before ? empty + 1 : 0;
    }
    assertThat(read).hasSize(count);
  }
}
