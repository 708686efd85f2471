package io.millrace.client.internal;

import io.millrace.common.MillraceError;
import io.millrace.common.record.Compression;
import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Cuts batches that a topic does not take into smaller ones. */
final class BatchCutter {
  /** Compressed parts are aimed at so much less than what fits: they compress less well. */
  private static final double COMPRESSED_AIM = 0.9;

  private BatchCutter() {}

  /**
   * How large parts may be before compression, by what the broker said of a sealed batch.
   *
   * @return from 0: then each record is a part of its own; half of the batch if it did not say
   */
  static int partBytes(ProducerBatch batch, Compression compression, MillraceError error) {
    long most = toldBytes(error);
    if (most < 0 || most >= batch.encodedBytes()) {
      return batch.plainBytes() / 2;
    }
    return compression == Compression.NONE
        ? (int) most
        : (int) (COMPRESSED_AIM * batch.plainBytes() * most / batch.encodedBytes());
  }

  private static long toldBytes(MillraceError error) {
    try {
      return Long.parseLong(error.details().getOrDefault("max_message_bytes", ""));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * Where to cut a sealed batch of at least two records.
   *
   * @param partBytes as large as a part of several records gets before compression
   * @return the records of each part, in their order; at least two parts
   */
  static List<List<Record>> cut(ByteBuffer sealed, int partBytes) {
    List<Record> records = RecordReader.readAll(RecordBatch.at(sealed, 0), Integer.MAX_VALUE);
    List<List<Record>> parts = new ArrayList<>();
    int from = 0;
    long bytes = RecordBatch.HEADER_BYTES;
    for (int i = 0; i < records.size(); i++) {
      Record record = records.get(i);
      long next = RecordBatchBuilder.recordBytesMax(record.key(), record.value(), record.headers());
      if (i > from && bytes + next > partBytes) {
        parts.add(records.subList(from, i));
        from = i;
        bytes = RecordBatch.HEADER_BYTES;
      }
      bytes += next;
    }
    parts.add(records.subList(from, records.size()));
    int middle = records.size() / 2;
    return parts.size() > 1
        ? parts
        : List.of(records.subList(0, middle), records.subList(middle, records.size()));
  }
}
