package io.millrace.common.record;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TimestampType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Judges the batch that a client sent before anything of it is appended: rows S23, S24, S25 and S27
 * of the semantics. Safe on any thread; each thread keeps scratch arrays of bounded size.
 *
 * <p>Whatever the bytes are, the answer is a verdict, never an exception; work and memory are
 * bounded by the limits.
 */
public final class BatchValidator {
  /** Bad records that a verdict names at most. */
  static final int RECORD_ERRORS_MAX = 100;

  /** What a thread keeps between two batches, for each of its two arrays. */
  private static final int RETAINED_SCRATCH_BYTES_MAX = 2 * 1024 * 1024;

  private static final int INITIAL_SCRATCH_BYTES = 16 * 1024;
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final RecordBatch batch;
  private final BatchLimits limits;
  private final List<RecordErrorDetail> recordErrors = new ArrayList<>(0);

  private BatchValidator(RecordBatch batch, BatchLimits limits) {
    this.batch = batch;
    this.limits = limits;
  }

  /**
   * Judges the bytes from position to limit, which must be exactly one batch of a client. The
   * buffer is left as it was. Walking a heap buffer is fastest; others are copied to one.
   */
  public static BatchValidation validate(ByteBuffer bytes, BatchLimits limits) {
    Optional<MillraceError> defect = envelopeDefect(bytes, limits);
    if (defect.isPresent()) {
      return new BatchValidation.Invalid(defect.get(), List.of());
    }
    RecordBatch batch = RecordBatch.at(bytes, bytes.position());
    Scratch scratch = SCRATCH.get();
    try {
      return new BatchValidator(batch, limits).validate(scratch);
    } catch (MillraceException e) {
      return new BatchValidation.Invalid(e.error(), List.of());
    } finally {
      scratch.clear();
    }
  }

  private static Optional<MillraceError> envelopeDefect(ByteBuffer bytes, BatchLimits limits) {
    if (bytes.remaining() > limits.maxMessageBytes()) {
      return Optional.of(tooLarge(bytes.remaining(), limits.maxMessageBytes()));
    }
    Optional<MillraceError> defect = RecordBatches.defectAt(bytes, bytes.position());
    if (defect.isPresent()) {
      return defect;
    }
    int size = RecordBatch.at(bytes, bytes.position()).sizeInBytes();
    if (size != bytes.remaining()) {
      String message = "bytes: " + bytes.remaining() + " (expected: " + size + ", one batch)";
      return Optional.of(new MillraceError(ErrorCode.CORRUPT_BATCH, message));
    }
    return Optional.empty();
  }

  private static MillraceError tooLarge(int bytes, int maxMessageBytes) {
    return new MillraceError(
        ErrorCode.BATCH_TOO_LARGE,
        "batch bytes: "
            + bytes
            + " (expected: at most "
            + maxMessageBytes
            + ", the topic's max.message.bytes)",
        Map.of(
            "batch_bytes", Integer.toString(bytes),
            "max_message_bytes", Integer.toString(maxMessageBytes)));
  }

  private BatchValidation validate(Scratch scratch) {
    checkAttributes();
    checkCounts();
    checkProducer();
    HeapBytes records = records(scratch);
    walk(new RecordCursor(records));
    if (recordErrors.isEmpty()) {
      return new BatchValidation.Valid(batch, records.length);
    }
    return new BatchValidation.Invalid(recordErrors.get(0).error(), recordErrors);
  }

  private void checkAttributes() {
    int attributes = batch.attributes();
    if ((attributes & ~RecordBatch.KNOWN_ATTRIBUTES_OF_CLIENTS) != 0) {
      throw refused(
          ErrorCode.UNSUPPORTED_BATCH_FORMAT,
          String.format("attributes: 0x%04x (expected: bits 6-15 zero)", attributes & 0xffff));
    }
    if (batch.isControl()) {
      throw refused(
          ErrorCode.INVALID_RECORD, "control batch: true (expected: false; brokers write them)");
    }
    if (batch.isTransactional()) {
      throw refused(
          ErrorCode.TRANSACTIONS_NOT_ENABLED, "transactional: true (expected: false in a batch)");
    }
    if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
      throw refused(
          ErrorCode.INVALID_TIMESTAMP,
          "timestamp type: LogAppendTime (expected: CreateTime; the leader changes it)");
    }
  }

  private void checkCounts() {
    int count = batch.recordCount();
    if (count < 1) {
      throw BatchErrors.corrupt("record count: " + count + " (expected: at least 1)");
    }
    if (batch.lastOffsetDelta() != count - 1) {
      throw BatchErrors.corrupt(
          "last offset delta: " + batch.lastOffsetDelta() + " (expected: " + (count - 1) + ")");
    }
  }

  private void checkProducer() {
    if (!batch.hasProducerId()) {
      return;
    }
    if (batch.producerId() < 0 || batch.producerEpoch() < 0 || batch.baseSequence() < 0) {
      throw refused(
          ErrorCode.INVALID_RECORD,
          "producer id, epoch, base sequence: "
              + batch.producerId()
              + ", "
              + batch.producerEpoch()
              + ", "
              + batch.baseSequence()
              + " (expected: each at least 0, or producer id -1)");
    }
  }

  private HeapBytes records(Scratch scratch) {
    Compression compression = batch.compression();
    HeapBytes stored =
        HeapBytes.of(
            batch.buffer(),
            batch.position() + RecordBatch.HEADER_BYTES,
            batch.sizeInBytes() - RecordBatch.HEADER_BYTES,
            scratch.stored);
    if (compression == Compression.NONE) {
      if (stored.length > limits.maxDecompressedBytes()) {
        throw BatchErrors.decompressedTooLarge(limits.maxDecompressedBytes());
      }
      return stored;
    }
    GrowableBytes plain = scratch.decompressed;
    compression.decompress(
        stored.array, stored.from, stored.length, plain, limits.maxDecompressedBytes());
    return new HeapBytes(plain.array, 0, plain.size);
  }

  private void walk(RecordCursor cursor) {
    int count = batch.recordCount();
    long baseTimestamp = batch.baseTimestamp();
    long largestTimestamp = Long.MIN_VALUE;
    for (int i = 0; i < count; i++) {
      cursor.next();
      if (cursor.offsetDelta != i) {
        throw BatchErrors.corrupt(
            "record " + i + ": offset delta: " + cursor.offsetDelta + " (expected: " + i + ")");
      }
      if (cursor.keyLength < 0 && limits.keyRequired()) {
        addError(
            i, ErrorCode.INVALID_RECORD, "key: null (expected: a key; the topic is compacted)");
      }
      long timestamp = baseTimestamp + cursor.timestampDelta;
      largestTimestamp = Math.max(largestTimestamp, timestamp);
      if (timestamp < limits.minTimestampMs() || timestamp > limits.maxTimestampMs()) {
        checkTimestamp(i, timestamp);
      }
    }
    if (cursor.hasBytes()) {
      throw BatchErrors.corrupt("records: more than " + count + " (expected: " + count + ")");
    }
    if (largestTimestamp != batch.maxTimestamp()) {
      throw refused(
          ErrorCode.INVALID_TIMESTAMP,
          "max timestamp: " + batch.maxTimestamp() + " (expected: " + largestTimestamp + ")");
    }
  }

  private void checkTimestamp(int index, long timestamp) {
    if (timestamp == RecordBatch.NO_TIMESTAMP) {
      return;
    }
    addError(
        index,
        ErrorCode.INVALID_TIMESTAMP,
        "timestamp: "
            + timestamp
            + " (expected: ["
            + limits.minTimestampMs()
            + ", "
            + limits.maxTimestampMs()
            + "])");
  }

  private void addError(int index, ErrorCode code, String message) {
    if (recordErrors.size() < RECORD_ERRORS_MAX) {
      recordErrors.add(
          new RecordErrorDetail(
              index, new MillraceError(code, "record " + index + ": " + message)));
    }
  }

  private static MillraceException refused(ErrorCode code, String message) {
    return new MillraceException(code, message);
  }

  /** Arrays that a thread uses again and again. */
  private static final class Scratch {
    final GrowableBytes stored = new GrowableBytes(INITIAL_SCRATCH_BYTES);
    final GrowableBytes decompressed = new GrowableBytes(INITIAL_SCRATCH_BYTES);

    void clear() {
      stored.clear(RETAINED_SCRATCH_BYTES_MAX);
      decompressed.clear(RETAINED_SCRATCH_BYTES_MAX);
    }
  }
}
