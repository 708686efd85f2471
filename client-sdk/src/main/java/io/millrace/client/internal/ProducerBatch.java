package io.millrace.client.internal;

import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.SendCallback;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordHeader;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Records on their way to one partition. Guarded by its {@link PartitionBuffer} while it is open,
 * confined to the producer's thread afterwards.
 */
final class ProducerBatch {
  private final TopicPartition partition;
  private final UUID topicId;
  private final long createdMs;
  private final BatchAnswers answers = new BatchAnswers();
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private Optional<RecordBatchBuilder> builder;
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  /** What its records took from the budget; given back once, when it is done and not queued. */
  private long reservedBytes;

  private int attempts;
  private long sentAtNanos;

  /** How many frames with it wait to be written to a stream. */
  private int queued;

  ProducerBatch(TopicPartition partition, UUID topicId, Compression compression, long nowMs) {
    this.partition = partition;
    this.topicId = topicId;
    this.createdMs = nowMs;
    this.builder = Optional.of(new RecordBatchBuilder(compression));
  }

  TopicPartition partition() {
    return partition;
  }

  /** The topic's id when the batch was begun. */
  UUID topicId() {
    return topicId;
  }

  long createdMs() {
    return createdMs;
  }

  int recordCount() {
    return answers.records();
  }

  /** Completes after every record is answered. */
  CompletableFuture<Void> done() {
    return done;
  }

  /** Whether a record of so many bytes still fits; the first always does. */
  boolean hasRoom(long recordBytes, int batchBytes) {
    return answers.records() == 0 || openBuilder().estimatedBytes() + recordBytes <= batchBytes;
  }

  void append(ProducerRecord record, long timestampMs, long grantedBytes, SendCallback callback) {
    openBuilder()
        .append(timestampMs, wrap(record.key()), wrap(record.value()), headers(record.headers()));
    answers.add(callback, timestampMs);
    reservedBytes += grantedBytes;
  }

  /** No more records: encodes and compresses what there is. */
  void seal() {
    bytes = openBuilder().build();
    builder = Optional.empty();
  }

  /** How long the sealed batch is, as it is sent. */
  int encodedBytes() {
    return bytes.remaining();
  }

  /** The encoded batch with this identity and sequence. */
  ByteBuffer stamped(BatchSequence sequence) {
    RecordBatch batch = RecordBatch.at(bytes, 0);
    if (batch.producerId() != sequence.producerId()
        || batch.producerEpoch() != sequence.producerEpoch()
        || batch.baseSequence() != sequence.baseSequence()) {
      RecordBatch.stampProducer(
          bytes,
          0,
          sequence.producerId(),
          (short) sequence.producerEpoch(),
          sequence.baseSequence());
    }
    return bytes.duplicate();
  }

  void enqueued() {
    queued++;
  }

  void dequeued(BufferBudget budget) {
    queued--;
    releaseIfOver(budget);
  }

  /**
   * It is put on a stream.
   *
   * @return how often it was, this time included
   */
  int attempt(long nowNanos) {
    sentAtNanos = nowNanos;
    return ++attempts;
  }

  /** When it was put on a stream last. */
  long sentAtNanos() {
    return sentAtNanos;
  }

  /** Records that nobody asks about. */
  int forgotten() {
    return answers.forgotten();
  }

  /** Answers every record. */
  void answer(BatchOutcome outcome, CallbackGuard guard) {
    if (outcome instanceof Failed failed) {
      answers.fail(describe(failed).exception(), guard);
    } else {
      Acknowledged known =
          outcome instanceof Acknowledged acknowledged
              ? acknowledged
              : new Acknowledged(-1, -1, -1);
      answers.succeed(partition, known, guard);
    }
  }

  /** Every record was answered. */
  void over(BufferBudget budget) {
    done.complete(null);
    releaseIfOver(budget);
  }

  static long recordBytesMax(ProducerRecord record) {
    return RecordBatchBuilder.recordBytesMax(
        wrap(record.key()), wrap(record.value()), headers(record.headers()));
  }

  private MillraceError describe(Failed failed) {
    Map<String, String> details = new HashMap<>(failed.error().details());
    details.put("maybe_appended", Boolean.toString(failed.maybeAppended()));
    details.put("topic", partition.topic());
    details.put("partition", partition.toString());
    return new MillraceError(failed.error().code(), failed.error().message(), details);
  }

  private void releaseIfOver(BufferBudget budget) {
    if (queued == 0 && done.isDone()) {
      budget.release(reservedBytes);
      reservedBytes = 0;
    }
  }

  private RecordBatchBuilder openBuilder() {
    return builder.orElseThrow(() -> new IllegalStateException("the batch is sealed"));
  }

  private static @Nullable ByteBuffer wrap(byte @Nullable [] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  private static List<RecordHeader> headers(List<Header> headers) {
    return headers.isEmpty()
        ? List.of()
        : headers.stream().map(h -> new RecordHeader(h.key(), wrap(h.value()))).toList();
  }
}
