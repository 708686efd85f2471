package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerMetrics;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.MillraceException;
import io.millrace.common.time.SystemClock;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What flush, close and metrics promise. */
@Timeout(60)
class ProducerCloseTest extends FakeBrokerTest {

  ProducerCloseTest() {
    super(3);
  }

  private static ProducerConfig.Builder small() {
    return ProducerConfig.builder().batchBytes(1_000).linger(Duration.ofMillis(1));
  }

  private static ProducerRecord record() {
    return ProducerRecord.of(FakeBroker.TOPIC, new byte[100]).toPartition(1);
  }

  @Test
  void aSendThatWaitsForRoomEndsWhenTheProducerIsClosed() {
    Producer producer =
        client.producer(small().bufferBytes(1_000).maxBlock(Duration.ofMinutes(5)).build());
    producer.sendAndWait(record());
    broker.answersNothing = true;
    var executor = Executors.newSingleThreadExecutor();
    try {
      var blocked =
          executor.submit(
              () -> {
                while (true) {
                  producer.sendAndForget(record());
                }
              });
      Awaitility.await().until(() -> producer.metrics().buffer().waitingThreads() == 1);
      producer.close(Duration.ZERO);
      assertThat(blocked)
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableThat()
          .havingCause()
          .isInstanceOf(IllegalStateException.class)
          .withMessage("the producer is closed");
    } finally {
      executor.shutdownNow();
    }
    ProducerMetrics after = producer.metrics();
    assertThat(after.buffer().usedBytes()).isZero();
    assertThat(after.buffer().openBatches()).isZero();
    assertThat(after.failures().forgotten()).isPositive();
  }

  @Test
  void maxBlockBoundsTheWaitForRoomAndTheBudgetReturnsToFull() {
    // Looks the topic up, which the bound below is too short for on a busy machine.
    client.producer(small().build()).sendAndWait(record());
    Producer producer =
        client.producer(small().bufferBytes(2_000).maxBlock(Duration.ofMillis(50)).build());
    producer.sendAndWait(record());
    broker.answersNothing = true;
    for (int i = 0; i < 100; i++) {
      producer.sendAndForget(record());
      if (producer.metrics().answered().failedRecords() > 0) {
        break;
      }
    }
    assertThatThrownBy(() -> producer.sendAndWait(record()))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("buffer of 2000 bytes was full for");
    broker.answersNothing = false;
    broker.cutProduceStreams();
    producer.flush();
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
    assertThat(producer.sendAndWait(record()).offset()).isPositive();
  }

  @Test
  void aCallbackThatSendsIntoAFullBufferIsToldAtOnce() {
    Producer producer =
        client.producer(small().bufferBytes(1_000).maxBlock(Duration.ofMinutes(5)).build());
    CompletableFuture<MillraceException> refusal = new CompletableFuture<>();
    producer.send(
        record(),
        (metadata, error) -> {
          for (int i = 0; i < 20; i++) {
            producer.send(
                record(),
                (inner, full) -> {
                  if (full != null) {
                    refusal.complete(full);
                  }
                });
          }
        });
    assertThat(refusal).succeedsWithin(Duration.ofSeconds(20));
    assertThat(refusal.join()).hasMessageContaining("buffer of 1000 bytes was full");
    producer.flush();
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
  }

  @Test
  void closesInACallbackWithoutWaitingForItself() {
    Producer producer = client.producer(small().build());
    CompletableFuture<RecordMetadata> later = new CompletableFuture<>();
    producer.send(
        record(),
        (metadata, error) -> {
          producer.send(
              record(),
              (m, e) -> {
                if (m != null) {
                  later.complete(m);
                }
              });
          producer.close();
        });
    assertThat(later).succeedsWithin(Duration.ofSeconds(20));
    producer.close();
    assertThat(broker.values(1)).hasSize(2);
    assertThatThrownBy(() -> producer.send(record()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the producer is closed");
  }

  @Test
  void closingTheClientInACallbackSendsWhatWaits() {
    Producer producer = client.producer(small().build());
    Queue<CompletableFuture<RecordMetadata>> later = new ConcurrentLinkedQueue<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    producer.send(
        record(),
        (metadata, error) -> {
          for (int i = 0; i < 50; i++) {
            later.add(producer.send(record()));
          }
          client.close();
          closed.complete(null);
        });
    assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
    client.close();
    assertThat(later).hasSize(50).allMatch(CompletableFuture::isDone);
    assertThat(later).noneMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(broker.values(1)).hasSize(51);
  }

  @Test
  void aFlushRunsOutOfTimeWithoutHarm() {
    Producer producer = client.producer(small().build());
    producer.sendAndWait(record());
    broker.answersNothing = true;
    CompletableFuture<RecordMetadata> future = producer.send(record());
    assertThat(producer.flush(Duration.ofMillis(20))).isFalse();
    assertThat(future).isNotDone();
    broker.answersNothing = false;
    broker.cutProduceStreams();
    assertThat(producer.flush(Duration.ofSeconds(20))).isTrue();
    assertThat(future).isCompletedWithValueMatching(m -> m.offset() == 1);
  }

  @Test
  void anInterruptEndsAFlush() {
    Producer producer = client.producer(small().build());
    producer.sendAndWait(record());
    broker.answersNothing = true;
    producer.sendAndForget(record());
    Thread.currentThread().interrupt();
    assertThatThrownBy(producer::flush).hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    producer.close(Duration.ZERO);
  }

  @Test
  void aFlushWaitsForTheCallbacks() {
    Producer producer = client.producer(small().linger(Duration.ofMinutes(1)).build());
    CompletableFuture<Void> go = new CompletableFuture<>();
    CompletableFuture<Void> called = new CompletableFuture<>();
    producer.send(
        record(),
        (metadata, error) -> {
          called.complete(null);
          go.orTimeout(20, TimeUnit.SECONDS).join();
        });
    var first = CompletableFuture.runAsync(producer::flush);
    assertThat(called).succeedsWithin(Duration.ofSeconds(20));
    assertThat(producer.flush(Duration.ofMillis(20))).isFalse();
    go.complete(null);
    assertThat(first).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void aProducerWhoseThreadHasEndedLeavesNoStreamAndNobodyWaiting() {
    Producer producer = client.producer(small().build());
    producer.sendAndWait(record());
    producer.send(record(), (metadata, error) -> Thread.currentThread().interrupt());
    Awaitility.await().untilAsserted(() -> assertThat(broker.produceStreams).hasValue(0));
    assertThatThrownBy(() -> producer.send(record()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the producer is closed");
    assertThat(CompletableFuture.runAsync(producer::close))
        .succeedsWithin(Duration.ofMillis(1_500));
  }

  @Test
  void aLoopThatIsOverTakesNoTasks() throws InterruptedException {
    ProducerLoop loop = new ProducerLoop(new SystemClock(), Runnable::run);
    loop.stop();
    loop.run(nowMs -> Long.MAX_VALUE);
    assertThat(loop.execute(() -> {})).isFalse();
  }

  @Test
  void countsWhatItDoesAndHolds() {
    Producer producer = client.producer(small().bufferBytes(100_000).build());
    for (int i = 0; i < 100; i++) {
      producer.sendAndForget(record());
    }
    producer.flush();
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_THROTTLED, 1);
    producer.sendAndWait(record());
    // A batch is put away after its records are answered.
    ProducerMetrics.Buffer empty = new ProducerMetrics.Buffer(100_000, 0, 0, 0);
    Awaitility.await().until(() -> producer.metrics().buffer().equals(empty));
    ProducerMetrics metrics = producer.metrics();
    assertThat(metrics.answered().records()).isEqualTo(101);
    assertThat(metrics.answered().failedRecords()).isZero();
    assertThat(metrics.answered().batches()).isBetween(12L, 101L);
    assertThat(metrics.answered().bytes()).isBetween(101 * 100L, 101 * 200L);
    assertThat(metrics.answered().recordsPerBatch()).isGreaterThanOrEqualTo(1);
    assertThat(metrics.answered().bytesPerBatch()).isBetween(100.0, 1_100.0);
    assertThat(metrics.frames().sent()).isEqualTo(metrics.answered().batches() + 1);
    assertThat(metrics.frames().retries()).isEqualTo(1);
    assertThat(metrics.requestLatency().count()).isEqualTo(metrics.answered().batches());
    assertThat(metrics.requestLatency().p99()).isPositive();
  }
}
