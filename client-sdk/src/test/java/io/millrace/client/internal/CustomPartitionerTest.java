package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a producer does with a partitioner of the application's own. */
@Timeout(60)
class CustomPartitionerTest extends FakeBrokerTest {

  CustomPartitionerTest() {
    super(3);
  }

  private Producer producer(Partitioner partitioner) {
    return client.producer(
        ProducerConfig.builder()
            .linger(Duration.ofMillis(1))
            .batchBytes(100)
            .partitioner(() -> partitioner)
            .build());
  }

  private static ProducerRecord record(String value) {
    return ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void goesWhereItSaysUnlessTheRecordNamesItsPartition() {
    Producer producer = producer((record, partitions) -> partitions - 1);
    assertThat(producer.sendAndWait(record("chosen")).partition()).isEqualTo(2);
    assertThat(producer.sendAndWait(record("named").toPartition(0)).partition()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void onlyTheRecordFailsWhosePartitionThereIsNot(int nonsense) {
    Producer producer =
        producer((record, partitions) -> new String(record.value()).equals("bad") ? nonsense : 1);
    CompletableFuture<?> before = producer.send(record("before"));
    assertThatThrownBy(() -> producer.sendAndWait(record("bad")))
        .isInstanceOfSatisfying(
            MillraceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("the partitioner chose " + nonsense + " (expected: 0 to 2)");
    producer.sendAndWait(record("after"));
    assertThat(before).isCompleted();
    assertThat(broker.values(1)).containsExactly("before", "after");
  }

  @Test
  void onlyTheRecordFailsForWhichItThrows() {
    Producer producer =
        producer(
            (record, partitions) -> {
              if (new String(record.value()).equals("bad")) {
                throw new StackOverflowError("thrown by the test");
              }
              return 1;
            });
    assertThatThrownBy(() -> producer.sendAndWait(record("bad")))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("the partitioner failed")
        .hasMessageContaining("thrown by the test");
    producer.sendAndWait(record("after"));
    assertThat(broker.values(1)).containsExactly("after");
  }

  @Test
  void isToldOfEveryBatchAndMayThrowThen() {
    AtomicInteger told = new AtomicInteger();
    Producer producer =
        producer(
            new Partitioner() {
              @Override
              public int choose(ProducerRecord record, int partitions) {
                return 1;
              }

              @Override
              public void batchOver(String topic, int partition, int partitions) {
                assertThat(topic).isEqualTo(FakeBroker.TOPIC);
                assertThat(partition).isEqualTo(1);
                assertThat(partitions).isEqualTo(3);
                told.incrementAndGet();
                throw new IllegalStateException("thrown by the test");
              }
            });
    for (int i = 0; i < 50; i++) {
      producer.send(record("value " + i));
    }
    producer.flush();
    assertThat(broker.values(1)).hasSize(50);
    assertThat(told).hasValueGreaterThan(5);
  }
}
