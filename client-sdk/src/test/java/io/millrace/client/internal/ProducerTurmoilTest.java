package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.client.internal.FakeBroker.Fault;
import io.millrace.common.record.RecordBatch;
import io.millrace.proto.v1.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ever new topics, few places on a stream, lost streams and refusals, and times in which partitions
 * are let go: no partition may be forgotten while it has something to do (S28).
 */
@Timeout(60)
class ProducerTurmoilTest {
  private static final int STEPS = 300;

  private final FakeBroker broker = new FakeBroker(2);
  private final ShiftedClock clock = new ShiftedClock();
  private final ClusterClient cluster =
      new ClusterClient(
          broker.config().retryBackoff(Duration.ofMillis(2), Duration.ofMillis(8)).build(), clock);
  private final ExecutorService helpers = Executors.newCachedThreadPool();
  private final List<List<String>> sent = List.of(new ArrayList<>(), new ArrayList<>());
  private final List<CompletableFuture<RecordMetadata>> answers = new ArrayList<>();
  private int topics;

  @AfterEach
  void close() {
    helpers.shutdownNow();
    cluster.close();
    broker.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void S28_everyRecordIsInTheLogOnceAndInOrder(long seed) {
    Random random = new Random(seed);
    Random faults = new Random(~seed);
    broker.streamPartitions = 3;
    broker.fault = frame -> fault(faults.nextInt(20));
    try (Producer producer =
        new StreamProducer(
                ProducerConfig.builder().linger(Duration.ofMillis(1)).build(),
                cluster,
                new MetadataCache(cluster),
                helpers,
                closed -> {})
            .start()) {
      for (int step = 0; step < STEPS; step++) {
        step(producer, random);
      }
      assertThat(producer.flush(Duration.ofSeconds(30))).as("seed %s", seed).isTrue();
    }
    assertThat(answers).as("seed %s", seed).noneMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(broker.values(0)).as("seed %s", seed).isEqualTo(sent.get(0));
    assertThat(broker.values(1)).as("seed %s", seed).isEqualTo(sent.get(1));
    assertThat(broker.manyEnds().stream().mapToLong(Long::longValue).sum())
        .as("seed %s: records of the other topics", seed)
        .isEqualTo(answers.size() - sent.get(0).size() - sent.get(1).size());
    assertThat(broker.partitions.get(0).stream().map(RecordBatch::producerId).distinct())
        .as("seed %s: partitions were let go", seed)
        .hasSizeGreaterThan(1);
  }

  private static Fault fault(int drawn) {
    return switch (drawn) {
      case 0 -> Fault.CUT;
      case 1 -> Fault.APPEND_AND_CUT;
      default -> Fault.NONE;
    };
  }

  private void step(Producer producer, Random random) {
    switch (random.nextInt(12)) {
      case 0 -> answers.add(producer.send(toTopic(FakeBroker.MANY + topics++, "new")));
      case 1 -> answers.add(producer.send(toTopic(FakeBroker.MANY + random.nextInt(9), "old")));
      case 2 -> broker.refuseNext(ErrorCode.ERROR_CODE_NOT_LEADER, 1);
      case 3 -> {
        // Nothing may run out of time by that.
        assertThat(producer.flush(Duration.ofSeconds(30))).isTrue();
        for (int i = 0; i < 2; i++) {
          clock.advance(Duration.ofMillis(MetadataCache.IDLE_MS));
          answers.add(producer.send(toTopic(FakeBroker.MANY + topics++, "late")));
          answers.get(answers.size() - 1).join();
        }
      }
      default -> {
        int partition = random.nextInt(2);
        String value = Integer.toString(sent.get(partition).size());
        sent.get(partition).add(value);
        answers.add(producer.send(toTopic(FakeBroker.TOPIC, value).toPartition(partition)));
      }
    }
  }

  private static ProducerRecord toTopic(String topic, String value) {
    return ProducerRecord.of(topic, value.getBytes(StandardCharsets.UTF_8));
  }
}
