package io.millrace.client.internal;

import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * How sealed batches get encoded and compressed, and by whom: the producer's thread encodes what it
 * takes, so that senders go on filling the next batch; senders encode their own once it has fallen
 * behind, so that several of them compress at the same time. Thread-safe.
 */
final class BatchEncoding {
  /** How many batches a producer's thread may have before it. */
  private static final int LEFT_MAX = 2;

  private final Function<RecordBatchBuilder, ByteBuffer> encoder;
  private final boolean costly;

  /** How many batches are sealed, and neither encoded nor over. */
  private final AtomicInteger left = new AtomicInteger();

  /** With this codec. */
  BatchEncoding(Compression compression) {
    this(RecordBatchBuilder::buildUnstamped, compression != Compression.NONE);
  }

  /**
   * @param encoder makes the batch in the builder's memory, without a CRC
   * @param costly whether that takes so long that senders should help
   */
  BatchEncoding(Function<RecordBatchBuilder, ByteBuffer> encoder, boolean costly) {
    this.encoder = encoder;
    this.costly = costly;
  }

  ByteBuffer encode(RecordBatchBuilder builder) {
    return encoder.apply(builder);
  }

  /** A batch is to be encoded. */
  void begun() {
    left.incrementAndGet();
  }

  /** That batch was encoded, or will not be. */
  void settled() {
    left.decrementAndGet();
  }

  /** What a sender does with a batch that it has sealed; called without locks. */
  void help(ProducerBatch sealed) {
    if (costly && left.get() > LEFT_MAX) {
      sealed.encode();
    }
  }
}
