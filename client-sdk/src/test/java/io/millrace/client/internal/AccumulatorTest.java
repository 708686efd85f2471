package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.time.Duration;
import java.util.ArrayList;
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

  private final BufferBudget budget = new BufferBudget(1 << 20, () -> {});

  private final BatchEncoding encoding = new BatchEncoding(Compression.NONE);

  /** By partition; each batch is begun at 1,000 ms. */
  private Accumulator accumulator(ProducerConfig config, List<ProducerBatch> held) {
    BatchBuilders builders = new BatchBuilders(Compression.NONE, 1 << 20, 1 << 20);
    return new Accumulator(
        config,
        budget,
        topicId -> 1_000,
        (partition, topicId) ->
            new ProducerBatch(partition, topicId, budget, builders, encoding, 1_000),
        batch -> {},
        batch -> {},
        held::add,
        encoding);
  }

  @Test
  void aBatchForWhichThereIsNoRoomIsHeldWhenItsLingerIsOverAndTellsOfEachRecordThatJoins() {
    List<ProducerBatch> held = new ArrayList<>();
    List<ProducerBatch> taken = new ArrayList<>();
    ProducerConfig config = ProducerConfig.builder().linger(Duration.ofMillis(5)).build();
    Accumulator accumulator = accumulator(config, held);
    ProducerRecord record = ProducerRecord.of("orders", new byte[10]);
    accumulator.append(TOPIC, 0, record, 0, BatchAnswers.NOBODY, 0);

    assertThat(accumulator.takeDue(1_004, partition -> false, taken::add)).isEqualTo(1_005);
    assertThat(held).isEmpty();
    assertThat(accumulator.takeDue(1_005, partition -> false, taken::add)).isEqualTo(2_000);
    assertThat(held).hasSize(1);
    accumulator.takeDue(1_006, partition -> false, taken::add);
    assertThat(held).hasSize(1);
    accumulator.appendUnlessFull(TOPIC, 0, record, 0, BatchAnswers.NOBODY, 0);
    assertThat(held).hasSize(2);
    assertThat(taken).isEmpty();
    accumulator.takeDue(1_007, partition -> true, taken::add);
    assertThat(taken).hasSize(1);
  }

  @Test
  void noBatchIsHeldLongerThanItMayTake() {
    Duration delivery = Duration.ofMillis(300);
    ProducerConfig config =
        ProducerConfig.builder().linger(Duration.ZERO).deliveryTimeout(delivery).build();
    Accumulator accumulator = accumulator(config, new ArrayList<>());
    ProducerRecord record = ProducerRecord.of("orders", new byte[10]);
    accumulator.append(TOPIC, 0, record, 0, BatchAnswers.NOBODY, 0);

    assertThat(accumulator.takeDue(1_000, partition -> false, batch -> {})).isEqualTo(1_300);
  }

  @Test
  void anErrorWhileARecordIsAddedCostsNoRoom() {
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
            batch -> {},
            encoding);
    ProducerRecord record = ProducerRecord.of("orders", new byte[10]);

    assertThatThrownBy(() -> accumulator.append(TOPIC, 0, record, 0, BatchAnswers.NOBODY, 0))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(budget.usedBytes()).isZero();
  }
}
