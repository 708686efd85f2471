package io.millrace.common.record;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Batches one after the other, as a segment holds them and a fetch returns them. */
public final class RecordBatches {
  private RecordBatches() {}

  /**
   * The whole batches between the buffer's position and limit, as views. Ends at a cut tail: fewer
   * bytes than a header, or than the last header's length says.
   *
   * <p>Checks lengths only, neither magic nor CRC. The iterators throw CORRUPT_BATCH ({@link
   * MillraceException}) at a length that no batch has.
   */
  public static Iterable<RecordBatch> split(ByteBuffer buffer) {
    return () -> new Splitter(buffer);
  }

  /**
   * What is wrong with the bytes at an absolute index up to the buffer's limit, if they do not
   * start with one whole batch of the right magic and CRC. Looks at no record. Never throws.
   */
  public static Optional<MillraceError> defectAt(ByteBuffer buffer, int position) {
    Optional<MillraceError> defect = misshapenAt(buffer, position);
    if (defect.isPresent()) {
      return defect;
    }
    RecordBatch batch = RecordBatch.at(buffer, position);
    return batch.crcValid() ? Optional.empty() : corrupt(wrongCrc(batch));
  }

  /**
   * What is wrong with the bytes at an absolute index up to the buffer's limit, if they do not
   * start with one whole batch of the right magic: {@link #defectAt} without the CRC. Never throws.
   */
  public static Optional<MillraceError> misshapenAt(ByteBuffer buffer, int position) {
    long available = (long) buffer.limit() - position;
    if (position < 0 || available < RecordBatch.HEADER_BYTES) {
      return corrupt(
          "bytes: " + available + " (expected: at least " + RecordBatch.HEADER_BYTES + ")");
    }
    RecordBatch batch = RecordBatch.at(buffer, position);
    int size = batch.sizeInBytes();
    if (size < RecordBatch.HEADER_BYTES) {
      return corrupt(impossibleLength(size));
    }
    if (size > available) {
      return corrupt("bytes: " + available + " (expected: " + size + ", by the batch's length)");
    }
    if (batch.magic() != RecordBatch.MAGIC) {
      return Optional.of(
          new MillraceError(
              ErrorCode.UNSUPPORTED_BATCH_FORMAT,
              "magic: " + batch.magic() + " (expected: " + RecordBatch.MAGIC + ")"));
    }
    return Optional.empty();
  }

  private static String impossibleLength(int size) {
    return "batch size: "
        + Integer.toUnsignedString(size)
        + " (expected: ["
        + RecordBatch.HEADER_BYTES
        + ", "
        + Integer.MAX_VALUE
        + "])";
  }

  private static String wrongCrc(RecordBatch batch) {
    return String.format("crc: 0x%08x (expected: that of the batch's bytes)", batch.crc());
  }

  private static Optional<MillraceError> corrupt(String message) {
    return Optional.of(new MillraceError(ErrorCode.CORRUPT_BATCH, message));
  }

  /** Confined to the iterating thread. */
  private static final class Splitter implements Iterator<RecordBatch> {
    private final ByteBuffer buffer;
    private int position;

    Splitter(ByteBuffer buffer) {
      this.buffer = buffer;
      this.position = buffer.position();
    }

    @Override
    public boolean hasNext() {
      int available = buffer.limit() - position;
      return available >= RecordBatch.HEADER_BYTES && sizeHere() <= available;
    }

    @Override
    public RecordBatch next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      RecordBatch batch = RecordBatch.at(buffer, position);
      position += batch.sizeInBytes();
      return batch;
    }

    private int sizeHere() {
      int size = RecordBatch.at(buffer, position).sizeInBytes();
      if (size < RecordBatch.HEADER_BYTES) {
        throw BatchErrors.corrupt(impossibleLength(size));
      }
      return size;
    }
  }
}
