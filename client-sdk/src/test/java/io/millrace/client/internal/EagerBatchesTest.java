package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Partitioners;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.record.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Without linger, what a busy broker has not got to yet is gathered. */
@Timeout(60)
class EagerBatchesTest extends FakeBrokerTest {
  private final List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();

  EagerBatchesTest() {
    super(3);
  }

  private static ProducerConfig.Builder eager() {
    return ProducerConfig.builder().linger(Duration.ZERO).partitioner(() -> (r, partitions) -> 0);
  }

  /** Sends a record to a broker that answers no more, and waits until it has it. */
  private void sendThrough(Producer producer, String value) {
    send(producer, value);
    Awaitility.await().until(() -> broker.values(0).contains(value));
  }

  private void send(Producer producer, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    sent.add(producer.send(ProducerRecord.of(FakeBroker.TOPIC, bytes)));
  }

  private List<Integer> recordsOfBatches() {
    synchronized (broker) {
      return broker.partitions.get(0).stream().map(RecordBatch::recordCount).toList();
    }
  }

  private void answerAll() {
    broker.holdsAnswers = false;
    broker.releaseAnswers();
    sent.forEach(CompletableFuture::join);
  }

  @Test
  void twoBatchesGoAtOnceAndTheRestGathersUntilAnAnswerComes() {
    Producer producer = client.producer(eager().build());
    broker.holdsAnswers = true;
    sendThrough(producer, "a");
    sendThrough(producer, "b");
    List.of("c", "d", "e").forEach(value -> send(producer, value));
    answerAll();
    assertThat(recordsOfBatches()).containsExactly(1, 1, 3);
  }

  @Test
  void aFullBatchWaitsForNoAnswer() {
    Producer producer = client.producer(eager().batchBytes(100).build());
    broker.holdsAnswers = true;
    sendThrough(producer, "a");
    sendThrough(producer, "b");
    send(producer, "c".repeat(60));
    send(producer, "d".repeat(60));
    Awaitility.await().until(() -> broker.values(0).contains("c".repeat(60)));
    answerAll();
    assertThat(recordsOfBatches()).containsExactly(1, 1, 1, 1);
  }

  @Test
  void noMoreGoAtOnceThanMayBeInFlight() {
    Producer producer = client.producer(eager().maxInFlightBatches(1).build());
    broker.holdsAnswers = true;
    sendThrough(producer, "a");
    List.of("b", "c").forEach(value -> send(producer, value));
    answerAll();
    assertThat(recordsOfBatches()).containsExactly(1, 2);
  }

  /** KIP-794: a slow broker's partitions would get most of the records without key else. */
  @Test
  void recordsWithoutKeyDoNotGatherAtThePartitionThatIsNotAnswered() {
    Producer producer = client.producer(eager().partitioner(Partitioners::sticky).build());
    broker.holdsAnswersOf = 1;
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              send(producer, "number " + sent.size());
              return sent.size() == 500;
            });
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(sent.stream().filter(CompletableFuture::isDone))
                    .hasSizeGreaterThan(sent.size() / 2));
    answerAll();
  }
}
