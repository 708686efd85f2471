package io.millrace.broker.replica;

import io.millrace.broker.replica.link.ReplicaRecords;
import io.millrace.common.MillraceError;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Batches that came from the leader, on their way into the log. Their shape and CRC are checked by
 * {@link #of} on the thread that received them (S25); from then on the buffer belongs to the
 * partition's thread, until it is released there.
 */
public final class ReplicatedRecords implements ReplicaRecords {
  private final ByteBuffer records;
  private final Optional<MillraceError> defect;
  private final Runnable release;

  /** All that came, whatever was appended of it since. */
  private final int bytes;

  private ReplicatedRecords(ByteBuffer records, Optional<MillraceError> defect, Runnable release) {
    this.records = records;
    this.defect = defect;
    this.release = release;
    this.bytes = records.remaining();
  }

  /**
   * Takes received bytes.
   *
   * @param records whole batches from the buffer's position to its limit, at least one
   * @param release called exactly once, when nobody looks at the bytes any more, be they appended
   *     or not: on the partition's thread, or where it was found to have ended; must not block or
   *     throw
   */
  public static ReplicatedRecords of(ByteBuffer records, Runnable release) {
    return new ReplicatedRecords(records, defectOf(records), release);
  }

  private static Optional<MillraceError> defectOf(ByteBuffer records) {
    int at = records.position();
    do {
      Optional<MillraceError> defect = RecordBatches.defectAt(records, at);
      if (defect.isPresent()) {
        return defect;
      }
      at += RecordBatch.at(records, at).sizeInBytes();
    } while (at < records.limit());
    return Optional.empty();
  }

  @Override
  public int bytes() {
    return bytes;
  }

  /** What is wrong with the bytes in themselves. */
  Optional<MillraceError> defect() {
    return defect;
  }

  /** The batches that are not appended yet; its position moves on as they are. */
  ByteBuffer records() {
    return records;
  }

  /** Nobody looks at the bytes any more. */
  void release() {
    release.run();
  }
}
