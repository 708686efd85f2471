package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.time.SystemClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An exception that nobody expects on the producer's thread. */
@Timeout(60)
class ProducerFaultTest {
  private final FakeBroker broker = new FakeBroker(2);
  private final ClusterClient cluster =
      new ClusterClient(broker.config().build(), new SystemClock());
  private final MetadataCache metadata = new MetadataCache(cluster);
  private final ExecutorService helpers = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    cluster.close();
    broker.close();
  }

  private Producer producer(ExecutorService helper) {
    return new StreamProducer(
            ProducerConfig.builder().linger(Duration.ofMillis(1)).build(),
            cluster,
            metadata,
            helper,
            closed -> {})
        .start();
  }

  private static ProducerRecord record() {
    return ProducerRecord.of(FakeBroker.TOPIC, new byte[10]).toPartition(1);
  }

  @Test
  void endsThatProducerLoudlyAndLeavesNobodyWaiting() {
    ExecutorService others = Executors.newCachedThreadPool();
    Producer other = producer(others);
    Producer producer = producer(helpers);
    producer.sendAndWait(record());
    // The lost stream makes the thread ask for the leader, which now throws.
    helpers.shutdownNow();
    broker.answersNothing = true;
    CompletableFuture<RecordMetadata> underWay = producer.send(record());
    CompletableFuture<Void> flush = CompletableFuture.runAsync(producer::flush);
    broker.cutProduceStreams();

    assertThatThrownBy(() -> underWay.get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
              assertThat(e).hasMessageContaining("the producer failed: ");
              assertThat(e.error().details()).containsEntry("maybe_appended", "true");
            });
    assertThat(flush).succeedsWithin(Duration.ofSeconds(20));
    assertThatThrownBy(() -> producer.send(record()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the producer is closed");
    Awaitility.await().until(() -> producer.metrics().buffer().usedBytes() == 0);
    producer.close();

    broker.answersNothing = false;
    assertThat(other.sendAndWait(record()).offset()).isEqualTo(1);
    other.close();
    others.shutdownNow();
  }
}
