package io.millrace.broker.log.inspect;

import io.millrace.broker.log.LeaderEpochCache;
import io.millrace.broker.log.SegmentChecksum;
import io.millrace.broker.log.SegmentChecksum.FileSum;
import io.millrace.broker.log.SegmentFiles;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/** Checks the segments of one partition, in order. Confined to one thread. */
final class SegmentVerifier {
  private static final int CHUNK_BYTES = 1 << 20;

  private final FileStore store;
  private final VerifyOptions options;
  private final Findings findings;
  private final LeaderEpochCache epochs;

  private int lastEpoch = RecordBatch.NO_LEADER_EPOCH;
  private long expectedOffset;

  /** Where the batch before said that the next one begins; tells a gap from a wrong header. */
  private long announcedOffset;

  SegmentVerifier(
      FileStore store, VerifyOptions options, Findings findings, LeaderEpochCache epochs) {
    this.store = store;
    this.options = options;
    this.findings = findings;
    this.epochs = epochs;
  }

  /**
   * Checks a segment.
   *
   * @param complete whether nothing was writing it: its indexes and checksum must be right
   * @param last whether it is the last of the log
   * @return the offset after it
   */
  long verify(SegmentFiles files, boolean complete, boolean last) throws IOException {
    expectedOffset = files.baseOffset();
    announcedOffset = expectedOffset;
    IndexCheck indexes =
        complete ? IndexCheck.of(store, files, findings) : IndexCheck.none(files, findings);
    try (StoredFile file = store.open(files.log(), OpenMode.READ)) {
      findings.countSegment(file.size());
      BatchWalk.End end =
          BatchWalk.walk(
              file,
              (batch, position, crcValid) -> {
                batch(files.log(), batch, position, crcValid);
                indexes.batch(batch, position);
                return true;
              });
      if (end.defect().isEmpty()) {
        indexes.end(expectedOffset);
      } else if (complete) {
        findings.error(files.log(), end.position(), end.defect());
      } else {
        findings.warning(
            files.log(),
            end.position(),
            end.defect() + ": a crash can leave this; the next start ends the log here");
      }
    }
    checksum(files, complete, last);
    return expectedOffset;
  }

  private void batch(Path log, RecordBatch batch, long position, boolean crcValid) {
    findings.countBatch(batch.recordCount());
    if (!crcValid) {
      findings.error(
          log, position, String.format("CRC: %08x (expected: that of the batch)", batch.crc()));
    }
    if (batch.magic() != RecordBatch.MAGIC) {
      findings.error(
          log, position, "magic: " + batch.magic() + " (expected: " + RecordBatch.MAGIC + ")");
    }
    if (batch.baseOffset() != expectedOffset && batch.baseOffset() == announcedOffset) {
      expectedOffset = announcedOffset;
    }
    if (batch.baseOffset() != expectedOffset) {
      findings.error(
          log,
          position,
          "base offset: " + batch.baseOffset() + " (expected: " + expectedOffset + ")");
    }
    leaderEpoch(log, batch, position);
    if (crcValid && options.records()) {
      records(log, batch, position);
    }
    expectedOffset += batch.lastOffsetDelta() + 1L;
    announcedOffset = batch.nextOffset();
  }

  private void leaderEpoch(Path log, RecordBatch batch, long position) {
    OptionalInt known = epochs.epochOf(expectedOffset);
    if (known.isPresent()
        ? batch.leaderEpoch() != known.getAsInt()
        : batch.leaderEpoch() < lastEpoch) {
      findings.error(
          log,
          position,
          "leader epoch: "
              + batch.leaderEpoch()
              + " (expected: "
              + (known.isPresent() ? known.getAsInt() : "at least " + lastEpoch)
              + ")");
    } else {
      lastEpoch = batch.leaderEpoch();
    }
  }

  private void records(Path log, RecordBatch batch, long position) {
    try {
      boolean compacted = batch.recordCount() <= batch.lastOffsetDelta();
      long offset = batch.baseOffset();
      Iterator<Record> records = RecordReader.iterator(batch, options.maxDecompressedBytes());
      while (records.hasNext()) {
        long found = records.next().offset();
        if (found < offset || (found > offset && !compacted) || found > batch.lastOffset()) {
          findings.error(log, position, "record offset: " + found + " (expected: " + offset + ")");
          return;
        }
        offset = found + 1;
      }
    } catch (MillraceException e) {
      if (e.code() == ErrorCode.DECOMPRESSED_TOO_LARGE) {
        findings.warning(log, position, "records not checked: " + e.error().message());
      } else {
        findings.error(log, position, e.error().message());
      }
    }
  }

  private void checksum(SegmentFiles files, boolean complete, boolean last) throws IOException {
    Optional<SegmentChecksum> sums;
    try {
      sums = SegmentChecksum.read(store, files.checksum());
    } catch (CorruptFileException e) {
      findings.error(files.checksum(), 0, String.valueOf(e.getMessage()));
      return;
    }
    if (sums.isPresent() && complete) {
      compare(files.log(), sums.get().log());
      compare(files.index(), sums.get().index());
      compare(files.timeIndex(), sums.get().timeIndex());
    } else if (sums.isEmpty() && (complete || !last)) {
      findings.warning(
          files.checksum(),
          0,
          "missing: only what the batches' CRCs cover is checked of " + files.log().getFileName());
    }
  }

  private void compare(Path path, FileSum expected) throws IOException {
    if (!store.exists(path)) {
      findings.error(path, 0, "missing (expected: " + expected.bytes() + " bytes)");
      return;
    }
    FileSum found = sumOf(path);
    if (found.bytes() != expected.bytes()) {
      findings.error(
          path, 0, "length: " + found.bytes() + " bytes (expected: " + expected.bytes() + ")");
    } else if (found.crc32c() != expected.crc32c()) {
      findings.error(
          path,
          0,
          String.format(
              "CRC32C of the file: %08x (expected: %08x)", found.crc32c(), expected.crc32c()));
    }
  }

  private FileSum sumOf(Path path) throws IOException {
    CRC32C crc = new CRC32C();
    try (StoredFile file = store.open(path, OpenMode.READ)) {
      long size = file.size();
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, size));
      for (long at = 0; at < size; at += chunk.limit()) {
        chunk.clear();
        file.read(chunk, at);
        crc.update(chunk.flip());
      }
      return new FileSum(size, crc.getValue());
    }
  }
}
