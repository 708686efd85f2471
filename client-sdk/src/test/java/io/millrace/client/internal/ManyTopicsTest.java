package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.time.SystemClock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One producer for thousands of topics. */
@Timeout(60)
class ManyTopicsTest {
  private static final int TOPICS = 1_500;

  private final FakeBroker broker = new FakeBroker(1);
  private final ClusterClient cluster =
      new ClusterClient(broker.config().build(), new SystemClock());
  private final MetadataCache metadata = new MetadataCache(cluster);
  private final ThreadPoolExecutor helpers = (ThreadPoolExecutor) Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    helpers.shutdownNow();
    cluster.close();
    broker.close();
  }

  private static void sendToAll(Producer producer) {
    for (int i = 0; i < TOPICS; i++) {
      producer.sendAndForget(ProducerRecord.of(FakeBroker.MANY + i, new byte[10]));
    }
  }

  private static long threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .count();
  }

  @Test
  void takesFewThreadsAndLookUpsAndNoMoreMemoryThanItsBuffer() {
    long before = threads("millrace-producer");
    // One look-up instead of one for each first send.
    metadata.refreshAll(
        IntStream.range(0, TOPICS).mapToObj(i -> FakeBroker.MANY + i).toList(),
        Duration.ofSeconds(20));
    Producer producer =
        new StreamProducer(
                ProducerConfig.builder().bufferBytes(4 << 20).build(),
                cluster,
                metadata,
                helpers,
                closed -> {})
            .start();
    sendToAll(producer);
    assertThat(producer.flush(Duration.ofSeconds(40))).isTrue();
    assertThat(producer.metrics().answered().records()).isEqualTo(TOPICS);
    assertThat(broker.manyEnds()).hasSize(TOPICS).containsOnly(1L);

    int lookUps = broker.metadataCalls.get();
    broker.stop();
    sendToAll(producer);
    broker.start();
    assertThat(producer.flush(Duration.ofSeconds(40))).isTrue();

    assertThat(producer.metrics().answered().records()).isEqualTo(2 * TOPICS);
    assertThat(broker.manyEnds()).containsOnly(2L);
    assertThat(broker.metadataCalls.get() - lookUps).as("look-ups").isLessThan(100);
    assertThat(threads("millrace-producer") - before).isEqualTo(1);
    assertThat(helpers.getLargestPoolSize()).as("helper threads").isLessThan(10);
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
    producer.close();
  }
}
