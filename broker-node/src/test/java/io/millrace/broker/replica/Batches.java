package io.millrace.broker.replica;

import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Batches as clients send them. */
final class Batches {
  /** In the year 2096: retention by time leaves it alone. */
  private static final long NEVER_EXPIRED_MS = 4_000_000_000_000L;

  private Batches() {}

  static ByteBuffer of(String... values) {
    return fill(new RecordBatchBuilder(Compression.NONE), values);
  }

  static ByteBuffer sequenced(long producerId, int baseSequence, String... values) {
    return fill(
        new RecordBatchBuilder(Compression.NONE).producer(producerId, (short) 0, baseSequence),
        values);
  }

  /** Batches as a leader sends them: with offsets from the first one's on, and its epoch. */
  static ByteBuffer replicated(long baseOffset, int leaderEpoch, ByteBuffer... batches) {
    ByteBuffer all = ByteBuffer.allocate(1 << 16);
    long next = baseOffset;
    for (ByteBuffer batch : batches) {
      RecordBatch.stamp(batch, batch.position(), next, leaderEpoch);
      next = RecordBatch.at(batch, batch.position()).nextOffset();
      all.put(batch.duplicate());
    }
    return all.flip();
  }

  static ByteBuffer join(ByteBuffer... parts) {
    ByteBuffer all = ByteBuffer.allocate(1 << 16);
    for (ByteBuffer part : parts) {
      all.put(part.duplicate());
    }
    return all.flip();
  }

  static ByteBuffer ofBytes(int bytes) {
    return of("x".repeat(bytes));
  }

  private static ByteBuffer fill(RecordBatchBuilder builder, String... values) {
    for (String value : values) {
      builder.append(
          NEVER_EXPIRED_MS,
          null,
          ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)),
          List.of());
    }
    return builder.build();
  }
}
