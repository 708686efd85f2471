package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.Partitioners;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.record.RecordBatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records without key fill one partition's batch after the other. */
@Timeout(60)
class StickyBatchesTest extends FakeBrokerTest {
  private static final int FULL = 5;

  StickyBatchesTest() {
    super(3);
  }

  private static ProducerConfig.Builder patient() {
    return ProducerConfig.builder().batchBytes(600).linger(Duration.ofMinutes(1));
  }

  private List<Integer> recordsOfBatches() {
    return broker.partitions.stream().flatMap(List::stream).map(RecordBatch::recordCount).toList();
  }

  private void send(Producer producer, ProducerRecord record, int count) {
    for (int i = 0; i < count; i++) {
      producer.send(record);
    }
    producer.flush();
  }

  @Test
  void aRecordThatDoesNotFitGoesToTheNextPartitionAndEveryBatchIsFull() {
    send(client.producer(patient().build()), ProducerRecord.of(FakeBroker.TOPIC, new byte[80]), 30);
    assertThat(recordsOfBatches()).hasSize(30 / FULL).containsOnly(FULL);
    for (int partition = 0; partition < 3; partition++) {
      assertThat(broker.partitions.get(partition)).hasSize(2);
    }
  }

  @Test
  void soItIsWithTheStickyPartitioner() {
    Producer producer = client.producer(patient().partitioner(Partitioners::sticky).build());
    send(producer, ProducerRecord.of(FakeBroker.TOPIC, new byte[80]), 15);
    assertThat(recordsOfBatches()).hasSize(15 / FULL).containsOnly(FULL);
  }

  /** Told twice, a sticky partitioner would move on from a partition whose batch is still open. */
  @Test
  void theEndOfEachBatchThatIsFilledIsToldOnce() {
    int told = timesTold(Duration.ofMinutes(1));
    assertThat(told).isEqualTo(broker.partitions.get(0).size());
  }

  /** More often when it is kept back in between, as a slow broker has enough under way. */
  @Test
  void theEndOfEachBatchThatIsDueIsTold() {
    int told = timesTold(Duration.ofMillis(1));
    assertThat(told).isGreaterThanOrEqualTo(broker.partitions.get(0).size());
  }

  private int timesTold(Duration linger) {
    Map<Integer, Integer> over = new ConcurrentHashMap<>();
    Partitioner counting =
        new Partitioner() {
          @Override
          public int choose(ProducerRecord record, int partitions) {
            return 0;
          }

          @Override
          public void batchOver(String topic, int partition, int partitions) {
            over.merge(partition, 1, Integer::sum);
          }
        };
    ProducerConfig.Builder config = patient().linger(linger).partitioner(() -> counting);
    send(
        client.producer(config.build()),
        ProducerRecord.of(FakeBroker.TOPIC, new byte[80]),
        FULL * 7 + 1);
    return over.getOrDefault(0, 0);
  }

  @Test
  void aRecordThatNamesItsPartitionStaysThere() {
    Producer producer = client.producer(patient().build());
    send(producer, ProducerRecord.of(FakeBroker.TOPIC, new byte[80]).toPartition(1), 15);
    assertThat(broker.values(1)).hasSize(15);
    assertThat(recordsOfBatches()).hasSize(15 / FULL).containsOnly(FULL);
  }
}
