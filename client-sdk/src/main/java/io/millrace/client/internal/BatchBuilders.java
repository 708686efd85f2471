package io.millrace.client.internal;

import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import java.util.ArrayDeque;

/**
 * Builders whose memory is used again, batch after batch: what was grown once is not grown, cleared
 * and collected for every batch. Thread-safe.
 *
 * <p>A builder comes back only when no one reads its batch any more, by the transport's own word
 * (see {@link OutboundMessage}); whoever does not know drops it instead.
 */
final class BatchBuilders {
  private final Compression compression;
  private final long keptBytesMax;
  private final long builderBytesMax;

  /** The one used last comes first: its memory is likely in the processor's cache. */
  private final ArrayDeque<RecordBatchBuilder> free = new ArrayDeque<>();

  /** The memory of what is free; keptBytes <= keptBytesMax. */
  private long keptBytes;

  /**
   * @param keptBytesMax the most memory that lies idle here
   * @param builderBytesMax a builder that has grown beyond this is not kept: small batches would
   *     lie in the memory of a large one, uncounted
   */
  BatchBuilders(Compression compression, long keptBytesMax, long builderBytesMax) {
    this.compression = compression;
    this.keptBytesMax = keptBytesMax;
    this.builderBytesMax = builderBytesMax;
  }

  /** A builder without records. */
  synchronized RecordBatchBuilder take() {
    RecordBatchBuilder builder = free.pollLast();
    if (builder == null) {
      return new RecordBatchBuilder(compression);
    }
    keptBytes -= builder.capacityBytes();
    return builder;
  }

  /** Takes a builder back; its last batch is overwritten from now on. */
  synchronized void giveBack(RecordBatchBuilder builder) {
    long bytes = builder.capacityBytes();
    if (bytes <= builderBytesMax && keptBytes + bytes <= keptBytesMax) {
      builder.reset();
      free.addLast(builder);
      keptBytes += bytes;
    }
  }
}
