package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ProducerRecord;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Memory is used again only when nobody reads it any more. */
class ProducerBatchTest {
  private static final int CAPACITY = 64 << 10;

  private final BufferBudget budget = new BufferBudget(CAPACITY, () -> {});
  private final BatchBuilders builders = new BatchBuilders(Compression.NONE, 1 << 20, 1 << 20);

  @Test
  void memoryOfABatchThatIsAnsweredAndReleasedIsUsedForTheNext() {
    ProducerBatch batch = sent();
    batch.dequeued();
    batch.releasedByTransport();
    assertThat(reusedAfterAnswer(batch)).isTrue();
    assertThat(free()).isTrue();
  }

  @Test
  void memoryOfABatchThatTheTransportStillReadsIsNot() {
    ProducerBatch batch = sent();
    batch.dequeued();
    assertThat(reusedAfterAnswer(batch)).isFalse();
    batch.releasedByTransport();
    assertThat(builders.take().capacityBytes()).isLessThan(10_000);
  }

  @Test
  void memoryOfABatchWithAnotherFrameUnderWayIsNot() {
    ProducerBatch batch = sent();
    batch.enqueued();
    batch.dequeued();
    batch.releasedByTransport();
    assertThat(reusedAfterAnswer(batch)).as("a retry waits to be written").isFalse();
    assertThat(free()).isFalse();
    batch.releasedByTransport();
    batch.dequeued();
    assertThat(free()).isTrue();
  }

  @Test
  void whatTheRecordsDidNotNeedIsFreeAsSoonAsTheBatchIsSealed() {
    ProducerBatch batch = open();
    long granted = budget.acquire(100, 0);
    batch.grant(granted);
    batch.append(record(10), 0, 60, BatchAnswers.NOBODY);
    batch.seal();

    assertThat(budget.acquire(CAPACITY - 64, 0)).isEqualTo(CAPACITY - 64);
  }

  private ProducerBatch open() {
    return new ProducerBatch(
        new TopicPartition("t", 0),
        new UUID(1, 2),
        budget,
        builders,
        new BatchEncoding(Compression.NONE),
        /* nowMs= */ 0);
  }

  /** A sealed batch of about 20 KB with a frame that waits to be written. */
  private ProducerBatch sent() {
    ProducerBatch batch = open();
    batch.grant(budget.acquire(20_100, 0));
    batch.append(record(20_000), 0, 20_100, BatchAnswers.NOBODY);
    batch.seal();
    batch.enqueued();
    return batch;
  }

  private boolean reusedAfterAnswer(ProducerBatch batch) {
    batch.answer(new Acknowledged(0, 0, -1), new CallbackGuard());
    batch.over();
    RecordBatchBuilder next = builders.take();
    boolean reused = next.capacityBytes() >= 20_000;
    if (reused) {
      builders.giveBack(next);
    }
    return reused;
  }

  private boolean free() {
    try {
      budget.release(budget.acquire(CAPACITY, 0));
      return true;
    } catch (MillraceException e) {
      return false;
    }
  }

  private static ProducerRecord record(int bytes) {
    return ProducerRecord.of("t", new byte[bytes]);
  }
}
