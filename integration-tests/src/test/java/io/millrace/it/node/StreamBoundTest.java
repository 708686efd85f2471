package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.Acks;
import io.millrace.common.TopicPartition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** More partitions than a broker takes on one produce stream. */
@Timeout(120)
class StreamBoundTest {
  private static final int BOUND = 3;
  private static final int PARTITIONS = 10;

  @TempDir Path data;

  /** Sends a record to each partition. */
  private static List<CompletableFuture<RecordMetadata>> round(Producer producer) {
    List<CompletableFuture<RecordMetadata>> answers = new ArrayList<>();
    for (int i = 0; i < PARTITIONS; i++) {
      answers.add(producer.send(ProducerRecord.of("wide", new byte[10]).toPartition(i)));
    }
    return answers;
  }

  @ParameterizedTest
  @EnumSource(Acks.class)
  void aProducerOpensAsManyStreamsAsItsPartitionsNeed(Acks acks) {
    try (LocalNode node = new LocalNode(data, "max.partitions.per.fetch=" + BOUND);
        MillraceClient client = node.connect();
        Producer producer =
            client.producer(
                ProducerConfig.builder()
                    .acks(acks)
                    .deliveryTimeout(Duration.ofSeconds(5))
                    .build())) {
      client.admin().createTopic(NewTopic.of("wide", PARTITIONS));
      for (int round = 0; round < 3; round++) {
        long offset = acks == Acks.NONE ? -1 : round;
        assertThat(round(producer))
            .allSatisfy(
                answer ->
                    assertThat(answer)
                        .succeedsWithin(Duration.ofSeconds(20))
                        .matches(place -> place.offset() == offset));
      }
      assertThat(producer.metrics().frames().retries()).isZero();
      for (int i = 0; i < PARTITIONS; i++) {
        TopicPartition partition = new TopicPartition("wide", i);
        Awaitility.await()
            .until(
                () ->
                    client.admin().offsets(Map.of(partition, OffsetSpec.latest())).get(partition)
                        == 3);
      }
    }
  }

  @Test
  void theyAllComeBackAfterARestart() {
    try (LocalNode node = new LocalNode(data, "max.partitions.per.fetch=" + BOUND);
        MillraceClient client = node.connect();
        Producer producer = client.producer(ProducerConfig.builder().build())) {
      client.admin().createTopic(NewTopic.of("wide", PARTITIONS));
      round(producer).forEach(CompletableFuture::join);
      node.stop();
      List<CompletableFuture<RecordMetadata>> meanwhile = round(producer);
      node.start();
      assertThat(meanwhile)
          .allSatisfy(
              answer ->
                  assertThat(answer)
                      .succeedsWithin(Duration.ofSeconds(30))
                      .matches(place -> place.offset() == 1));
    }
  }
}
