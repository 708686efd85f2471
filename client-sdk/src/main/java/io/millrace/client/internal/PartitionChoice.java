package io.millrace.client.internal;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Where records go: what they name, or what the partitioner chooses. Thread-safe. */
final class PartitionChoice {
  private final Partitioner partitioner;

  /** Whether records without key stay with a partition only until its batch is full. */
  private final boolean sticky;

  private final AtomicBoolean logged = new AtomicBoolean();

  PartitionChoice(Partitioner partitioner) {
    this.partitioner = partitioner;
    this.sticky = partitioner instanceof StickyPartitions || partitioner instanceof KeyPartitions;
  }

  /**
   * Whether a record is to be asked about again when it does not fit into the open batch of the
   * partition that was chosen: else it would begin a batch there, alone. Partitioners of others are
   * asked once for each record.
   */
  boolean mayMove(ProducerRecord record) {
    return sticky && record.key() == null && record.partition().isEmpty();
  }

  /**
   * The partition of a record.
   *
   * @throws MillraceException {@code UNKNOWN_PARTITION} if it names one that there is not, {@code
   *     INVALID_REQUEST} if the partitioner fails or chooses such a one
   */
  PartitionView choose(ProducerRecord record, TopicView topic) {
    if (record.partition().isPresent()) {
      return Leaders.partition(topic, record.partition().getAsInt());
    }
    int count = topic.partitions().size();
    int chosen = ask(record, count);
    if (chosen < 0 || chosen >= count) {
      throw new MillraceException(
          new MillraceError(
              ErrorCode.INVALID_REQUEST,
              "the partitioner chose " + chosen + " (expected: 0 to " + (count - 1) + ")",
              Map.of("topic", topic.name(), "partitions", Integer.toString(count))));
    }
    return topic.partitions().get(chosen);
  }

  private int ask(ProducerRecord record, int partitions) {
    try {
      return partitioner.choose(record, partitions);
    } catch (Throwable thrown) {
      log(thrown);
      throw new MillraceException(
          new MillraceError(
              ErrorCode.INVALID_REQUEST,
              "the partitioner failed: " + thrown,
              Map.of("topic", record.topic())));
    }
  }

  void batchOver(TopicView topic, int partition) {
    try {
      partitioner.batchOver(topic.name(), partition, topic.partitions().size());
    } catch (Throwable thrown) {
      log(thrown);
    }
  }

  private void log(Throwable thrown) {
    if (logged.compareAndSet(false, true)) {
      ClientLog.error("the partitioner failed (further failures are not logged)", thrown);
    }
  }
}
