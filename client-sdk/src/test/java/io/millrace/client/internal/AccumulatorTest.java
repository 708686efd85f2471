package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AccumulatorTest {
  private static final TopicView TOPIC =
      new TopicView(
          "orders",
          new UUID(0, 1),
          List.of(
              new TopicView.PartitionView(
                  new TopicPartition("orders", 0), Optional.empty(), 0, Optional.empty())));

  @Test
  void anErrorWhileARecordIsAddedCostsNoRoom() {
    BufferBudget budget = new BufferBudget(1 << 20, () -> {});
    Accumulator accumulator =
        new Accumulator(
            ProducerConfig.defaults(),
            budget,
            topicId -> 1_000,
            (partition, topicId) -> {
              throw new OutOfMemoryError("thrown by the test");
            },
            batch -> {},
            batch -> {},
            new BatchEncoding(Compression.NONE));
    ProducerRecord record = ProducerRecord.of("orders", new byte[10]);

    assertThatThrownBy(() -> accumulator.append(TOPIC, 0, record, 0, BatchAnswers.NOBODY, 0))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(budget.usedBytes()).isZero();
  }
}
