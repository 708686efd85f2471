package io.millrace.client.internal;

import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
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
import java.util.ArrayList;
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
  private record Sent(CompletableFuture<RecordMetadata> future, long timestampMs) {}

  private final TopicPartition partition;
  private final UUID topicId;
  private final long createdMs;
  private final List<Sent> records = new ArrayList<>();
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private Optional<RecordBatchBuilder> builder;
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  /** What its records took from the budget; given back once, when it is done and not queued. */
  private long reservedBytes;

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
    return records.size();
  }

  /** Completes after every record's future has. */
  CompletableFuture<Void> done() {
    return done;
  }

  /** Whether a record of so many bytes still fits; the first always does. */
  boolean hasRoom(long recordBytes, int batchBytes) {
    return records.isEmpty() || openBuilder().estimatedBytes() + recordBytes <= batchBytes;
  }

  CompletableFuture<RecordMetadata> append(
      ProducerRecord record, long timestampMs, long grantedBytes) {
    openBuilder()
        .append(timestampMs, wrap(record.key()), wrap(record.value()), headers(record.headers()));
    CompletableFuture<RecordMetadata> future = new CompletableFuture<>();
    records.add(new Sent(future, timestampMs));
    reservedBytes += grantedBytes;
    return future;
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

  /** Answers every record; called once. */
  void complete(BatchOutcome outcome, BufferBudget budget) {
    if (outcome instanceof Failed failed) {
      failAll(failed);
    } else {
      succeedAll(outcome instanceof Acknowledged known ? known : new Acknowledged(-1, -1, -1));
    }
    done.complete(null);
    releaseIfOver(budget);
  }

  static long recordBytesMax(ProducerRecord record) {
    return RecordBatchBuilder.recordBytesMax(
        wrap(record.key()), wrap(record.value()), headers(record.headers()));
  }

  private void succeedAll(Acknowledged acknowledged) {
    long base = acknowledged.baseOffset();
    long appendTime = acknowledged.logAppendTimeMs();
    for (int i = 0; i < records.size(); i++) {
      Sent sent = records.get(i);
      long offset = base >= 0 ? base + i : -1;
      long timestamp = appendTime >= 0 ? appendTime : sent.timestampMs();
      sent.future()
          .complete(
              new RecordMetadata(partition.topic(), partition.partition(), offset, timestamp));
    }
  }

  private void failAll(Failed failed) {
    Map<String, String> details = new HashMap<>(failed.error().details());
    details.put("maybe_appended", Boolean.toString(failed.maybeAppended()));
    details.put("topic", partition.topic());
    details.put("partition", partition.toString());
    MillraceError error =
        new MillraceError(failed.error().code(), failed.error().message(), details);
    records.forEach(sent -> sent.future().completeExceptionally(error.exception()));
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
