package io.millrace.broker.log.inspect;

import io.millrace.broker.log.OffsetIndex;
import io.millrace.broker.log.SegmentFiles;
import io.millrace.broker.log.TimeIndex;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Checks a segment's indexes entry by entry as its batches pass by. Confined to one thread. After a
 * few wrong entries it gives an index up: the rest would say the same.
 */
final class IndexCheck {
  private static final int MAX_WRONG_ENTRIES = 10;

  private final SegmentFiles files;
  private final Findings findings;
  private final OffsetIndex offsets;
  private final TimeIndex times;
  private int nextOffsetEntry;
  private int nextTimeEntry;
  private int wrongOffsetEntries;
  private int wrongTimeEntries;
  private long largestTimestampMs = Long.MIN_VALUE;
  private boolean empty = true;

  private IndexCheck(SegmentFiles files, Findings findings, byte[] index, byte[] timeIndex) {
    this.files = files;
    this.findings = findings;
    this.offsets =
        new OffsetIndex(
            ByteBuffer.wrap(index), index.length / OffsetIndex.ENTRY_BYTES, files.baseOffset());
    this.times =
        new TimeIndex(
            ByteBuffer.wrap(timeIndex),
            timeIndex.length / TimeIndex.ENTRY_BYTES,
            files.baseOffset());
  }

  /** Checks the indexes of a complete segment. */
  static IndexCheck of(FileStore store, SegmentFiles files, Findings findings) throws IOException {
    return new IndexCheck(
        files,
        findings,
        read(store, files.index(), OffsetIndex.ENTRY_BYTES, findings),
        read(store, files.timeIndex(), TimeIndex.ENTRY_BYTES, findings));
  }

  /** Checks nothing. */
  static IndexCheck none(SegmentFiles files, Findings findings) {
    IndexCheck none = new IndexCheck(files, findings, new byte[0], new byte[0]);
    none.wrongTimeEntries = MAX_WRONG_ENTRIES;
    return none;
  }

  private static byte[] read(FileStore store, Path index, int entryBytes, Findings findings)
      throws IOException {
    if (!store.exists(index)) {
      findings.error(index, 0, "missing (expected: an index of a sealed segment)");
      return new byte[0];
    }
    byte[] bytes = AtomicFile.read(store, index);
    if (bytes.length % entryBytes != 0) {
      findings.error(
          index, 0, "length: " + bytes.length + " (expected: a multiple of " + entryBytes + ")");
    }
    return bytes;
  }

  /** The next batch. */
  void batch(RecordBatch batch, long position) {
    while (nextOffsetEntry < offsets.entries() && offsets.position(nextOffsetEntry) <= position) {
      boolean right =
          offsets.position(nextOffsetEntry) == position
              && offsets.offset(nextOffsetEntry) == batch.baseOffset();
      if (!right) {
        wrongOffset();
      }
      nextOffsetEntry++;
    }
    while (nextTimeEntry < times.entries() && times.offset(nextTimeEntry) <= batch.baseOffset()) {
      time(batch.baseOffset());
    }
    largestTimestampMs = Math.max(largestTimestampMs, batch.maxTimestamp());
    empty = false;
  }

  /** All batches have passed. */
  void end(long endOffset) {
    for (; nextOffsetEntry < offsets.entries(); nextOffsetEntry++) {
      wrongOffset();
    }
    boolean ended = false;
    while (nextTimeEntry < times.entries()) {
      ended = times.offset(nextTimeEntry) == endOffset;
      time(endOffset);
    }
    if (!ended && !empty && wrongTimeEntries < MAX_WRONG_ENTRIES) {
      findings.error(
          files.timeIndex(),
          (long) times.entries() * TimeIndex.ENTRY_BYTES,
          "no last entry (expected: offset "
              + endOffset
              + ", timestamp "
              + largestTimestampMs
              + ")");
    }
  }

  private void time(long offset) {
    boolean ascends =
        nextTimeEntry == 0 || times.offset(nextTimeEntry) > times.offset(nextTimeEntry - 1);
    boolean right =
        ascends
            && times.offset(nextTimeEntry) == offset
            && times.timestampMs(nextTimeEntry) == largestTimestampMs;
    if (!right) {
      wrongTimeEntries++;
      if (wrongTimeEntries <= MAX_WRONG_ENTRIES) {
        findings.error(
            files.timeIndex(),
            (long) nextTimeEntry * TimeIndex.ENTRY_BYTES,
            "entry: offset "
                + times.offset(nextTimeEntry)
                + ", timestamp "
                + times.timestampMs(nextTimeEntry)
                + " (expected: offset "
                + offset
                + ", timestamp "
                + largestTimestampMs
                + ")");
      }
    }
    nextTimeEntry++;
  }

  private void wrongOffset() {
    wrongOffsetEntries++;
    if (wrongOffsetEntries <= MAX_WRONG_ENTRIES) {
      findings.error(
          files.index(),
          (long) nextOffsetEntry * OffsetIndex.ENTRY_BYTES,
          "entry: offset "
              + offsets.offset(nextOffsetEntry)
              + " at byte "
              + offsets.position(nextOffsetEntry)
              + " (expected: a batch that begins there)");
    }
  }
}
