package io.millrace.broker.log;

import java.nio.ByteBuffer;

/**
 * What a read found: whole batches, one after the other, each with its CRC checked.
 *
 * @param records the batches between position and limit; empty if there are none to see
 * @param firstOffset the base offset of the first batch: at or below the asked offset (S26); the
 *     asked offset if there is none
 * @param nextOffset where to read on: the offset after the last batch; the asked offset if there is
 *     none
 * @param leaderEpoch the last batch's leader epoch, or -1 if there is none
 */
public record LogRead(ByteBuffer records, long firstOffset, long nextOffset, int leaderEpoch) {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  /** Nothing to see from an offset on. */
  public static LogRead empty(long offset) {
    return new LogRead(NOTHING, offset, offset, -1);
  }

  /** Whether there was nothing to see. */
  public boolean isEmpty() {
    return !records.hasRemaining();
  }
}
