package io.millrace.client.internal;

import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.SendCallback;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.record.Record;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Records on their way to one partition. Guarded by its {@link PartitionBuffer} while it is open,
 * confined to the producer's thread afterwards, but for {@link #encode}.
 */
final class ProducerBatch {
  /** Made beforehand: when memory has run out, there must still be an outcome. */
  private static final Optional<MillraceError> NOT_ENCODED =
      Optional.of(
          new MillraceError(
              ErrorCode.INTERNAL, "the batch could not be encoded; the client's log says why"));

  private final TopicPartition partition;
  private final UUID topicId;
  private final long createdMs;
  private final BatchAnswers answers;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final BufferBudget budget;
  private final BatchBuilders builders;
  private final BatchEncoding encoding;
  private final RecordBatchBuilder builder;

  /** Whether it takes no more records. */
  private boolean sealed;

  /** Whether it gathers on though its linger is over, as its partition has enough under way. */
  private boolean held;

  /** Whether it will not be encoded any more: it was, or that failed, or it is over. */
  private boolean settled;

  /** Empty until it is encoded. Written under its own lock. */
  private Optional<ByteBuffer> bytes = Optional.empty();

  /** Why it could not be encoded. Written under its own lock. */
  private Optional<MillraceError> failure = Optional.empty();

  /** Whether the encoded batch has its CRC. */
  private boolean stamped;

  /** What it took from the budget; given back once, when it is done and not queued. */
  private long grantedBytes;

  /** What its records need of that at most; neededBytes <= grantedBytes. */
  private long neededBytes;

  /** The parts it was cut into that are not over; 0 if it was not cut. */
  private int partsLeft;

  /** Told when it is over, if it is a part. */
  private Runnable onOver = () -> {};

  private int attempts;
  private long sentAtNanos;

  /** How many frames with it wait to be written to a stream. */
  private int queued;

  /** Whether every record was answered. */
  private boolean answered;

  /** Whether budget and memory were given back. */
  private boolean memoryLeft;

  /** How many frames with it were made and not released by the transport. */
  private final AtomicInteger lent = new AtomicInteger();

  /**
   * An open batch without records.
   *
   * @param budget gets back what the records were granted
   * @param builders gives the memory for the records, and gets it back if it may be used again
   * @param encoding encodes it
   */
  ProducerBatch(
      TopicPartition partition,
      UUID topicId,
      BufferBudget budget,
      BatchBuilders builders,
      BatchEncoding encoding,
      long nowMs) {
    this(partition, topicId, budget, builders, encoding, nowMs, new BatchAnswers());
  }

  private ProducerBatch(
      TopicPartition partition,
      UUID topicId,
      BufferBudget budget,
      BatchBuilders builders,
      BatchEncoding encoding,
      long nowMs,
      BatchAnswers answers) {
    this.answers = answers;
    this.partition = partition;
    this.topicId = topicId;
    this.budget = budget;
    this.builders = builders;
    this.encoding = encoding;
    this.builder = builders.take();
    this.createdMs = nowMs;
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

  /** See {@link #isHeld}. */
  void hold() {
    held = true;
  }

  /** Whether it gathers on though its linger is over, as its partition has enough under way. */
  boolean isHeld() {
    return held;
  }

  int recordCount() {
    return answers.records();
  }

  /** Completes after every record is answered. */
  CompletableFuture<Void> done() {
    return done;
  }

  /** About how many records will come. */
  void expectRecords(int records) {
    answers.expect(records);
  }

  /** Whether a record of so many bytes still fits; the first always does. */
  boolean hasRoom(long recordBytes, int batchBytes) {
    return answers.records() == 0 || builder.estimatedBytes() + recordBytes <= batchBytes;
  }

  /** What it was granted and has no record for. */
  long spareBytes() {
    return grantedBytes - neededBytes;
  }

  /** Adds to what it was granted. */
  void grant(long moreBytes) {
    grantedBytes += moreBytes;
  }

  /**
   * Adds a record.
   *
   * @param recordBytes what the record needs at most; {@code <=} {@link #spareBytes()}
   */
  void append(ProducerRecord record, long timestampMs, long recordBytes, SendCallback callback) {
    if (sealed) {
      throw new IllegalStateException("the batch is sealed");
    }
    // First: once the record is in the builder nothing may fail.
    answers.makeRoom(callback);
    builder.appendArrays(timestampMs, record.key(), record.value(), headers(record.headers()));
    answers.add(callback, timestampMs);
    neededBytes += recordBytes;
  }

  /** No more records: what they did not need is given back. */
  void seal() {
    sealed = true;
    encoding.begun();
    grantedBytes -= budget.release(spareBytes());
  }

  /**
   * Encodes and compresses the sealed batch, unless that was done or it is over. Any thread; one
   * that comes while another is at it waits. Never throws: what goes wrong is its {@link #failure}.
   */
  void encode() {
    encodeOnce().ifPresent(e -> ClientLog.error("a batch could not be encoded", e));
  }

  /** Returns what was thrown. Logs nothing: a log may send records, and wait for this lock. */
  private synchronized Optional<Throwable> encodeOnce() {
    if (settled) {
      return Optional.empty();
    }
    try {
      bytes = Optional.of(encoding.encode(builder));
      return Optional.empty();
    } catch (RuntimeException | Error e) {
      failure = NOT_ENCODED;
      return Optional.of(e);
    } finally {
      settle();
    }
  }

  private void settle() {
    settled = true;
    encoding.settled();
  }

  /** Why it could not be encoded; known after {@link #encode}. */
  Optional<MillraceError> failure() {
    return failure;
  }

  /** How long the encoded batch is, as it is sent. */
  int encodedBytes() {
    return encoded().remaining();
  }

  /** How long it is before compression. */
  int plainBytes() {
    return builder.estimatedBytes();
  }

  /**
   * Cuts the encoded batch of at least two records, which is not to be sent any more, into smaller
   * encoded ones. They take over its answers and its part of the budget; it is done when they are.
   *
   * @param partBytes as large as a part of several records gets before compression
   */
  List<ProducerBatch> cut(int partBytes) {
    List<ProducerBatch> parts = new ArrayList<>();
    int from = 0;
    long given = 0;
    for (List<Record> records : BatchCutter.cut(encoded(), partBytes)) {
      ProducerBatch part = part(from, records);
      from += records.size();
      boolean last = from == recordCount();
      part.grantedBytes =
          last
              ? grantedBytes - given
              : BufferBudget.wholeUnits(grantedBytes / recordCount() * records.size());
      given += part.grantedBytes;
      parts.add(part);
    }
    grantedBytes = 0;
    partsLeft = parts.size();
    return parts;
  }

  private void partOver() {
    partsLeft--;
    if (partsLeft == 0) {
      over();
    }
  }

  private ProducerBatch part(int from, List<Record> records) {
    int to = from + records.size();
    ProducerBatch part =
        new ProducerBatch(
            partition, topicId, budget, builders, encoding, createdMs, answers.slice(from, to));
    for (Record record : records) {
      part.builder.append(record.timestamp(), record.key(), record.value(), record.headers());
    }
    part.sealed = true;
    part.settled = true;
    part.bytes = Optional.of(encoding.encode(part.builder));
    part.onOver = this::partOver;
    return part;
  }

  /** The encoded batch with this identity and sequence. */
  ByteBuffer stamped(BatchSequence sequence) {
    ByteBuffer encoded = encoded();
    RecordBatch batch = RecordBatch.at(encoded, 0);
    if (!stamped
        || batch.producerId() != sequence.producerId()
        || batch.producerEpoch() != sequence.producerEpoch()
        || batch.baseSequence() != sequence.baseSequence()) {
      RecordBatch.stampProducer(
          encoded,
          0,
          sequence.producerId(),
          (short) sequence.producerEpoch(),
          sequence.baseSequence());
      stamped = true;
    }
    return encoded.duplicate();
  }

  /** A frame with it was made and waits to be written. */
  void enqueued() {
    queued++;
    lent.incrementAndGet();
  }

  /** The frame does not wait any more. */
  void dequeued() {
    queued--;
    releaseIfOver();
  }

  /** The transport, or whoever kept it from the transport, is through with a frame. Any thread. */
  void releasedByTransport() {
    lent.decrementAndGet();
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
  void over() {
    answered = true;
    releaseIfOver();
    done.complete(null);
    onOver.run();
  }

  static long recordBytesMax(ProducerRecord record) {
    byte[] key = record.key();
    byte[] value = record.value();
    return RecordBatchBuilder.recordBytesMax(
        key == null ? 0 : key.length, value == null ? 0 : value.length, headers(record.headers()));
  }

  private MillraceError describe(Failed failed) {
    Map<String, String> details = new HashMap<>(failed.error().details());
    details.put("maybe_appended", Boolean.toString(failed.maybeAppended()));
    details.put("topic", partition.topic());
    details.put("partition", partition.toString());
    return new MillraceError(failed.error().code(), failed.error().message(), details);
  }

  private void releaseIfOver() {
    if (queued > 0 || !answered || memoryLeft) {
      return;
    }
    memoryLeft = true;
    encodeNoMore();
    budget.release(grantedBytes);
    if (lent.get() == 0) {
      builders.giveBack(builder);
    }
  }

  /** From now on nobody but its owner touches its memory. */
  private synchronized void encodeNoMore() {
    if (sealed && !settled) {
      settle();
    }
    settled = true;
  }

  private ByteBuffer encoded() {
    return bytes.orElseThrow(() -> new IllegalStateException("the batch is not encoded"));
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
