package io.millrace.broker.log.inspect;

import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import java.nio.file.Path;

/** Told what a dump finds, in the order of the files and their bytes. */
public interface DumpVisitor {
  /** A file begins. */
  void file(Path file, long bytes);

  /**
   * A batch.
   *
   * @param batch valid during the call; only its header if its CRC is wrong
   * @param position the byte of the file where it begins
   */
  void batch(RecordBatch batch, long position, boolean crcValid);

  /** A record of the batch before, if records are asked for and the batch's CRC is right. */
  void record(Record record);

  /**
   * An entry of an offset index: a batch begins there.
   *
   * @param offset the batch's base offset
   * @param logPosition the byte of the segment's file
   */
  void indexEntry(long offset, long logPosition);

  /**
   * An entry of a time index.
   *
   * @param timestampMs the largest timestamp of the segment's batches below the offset
   */
  void timeIndexEntry(long offset, long timestampMs);

  /** Something that can't be shown. */
  void finding(Finding finding);
}
