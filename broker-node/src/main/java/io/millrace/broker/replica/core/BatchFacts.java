package io.millrace.broker.replica.core;

/**
 * What the core decides by, of a batch whose bytes it never sees.
 *
 * @param producerId the idempotent producer, or {@link #NO_PRODUCER}
 * @param producerEpoch its epoch, or -1
 * @param baseSequence the sequence of the first record, or -1
 * @param lastSequence the sequence of the last record (wraps from 2^31-1 to 0), or -1
 * @param recordCount the records, at least 1
 */
public record BatchFacts(
    long producerId, short producerEpoch, int baseSequence, int lastSequence, int recordCount) {
  /** The producer id of a batch without one. */
  public static final long NO_PRODUCER = -1;

  public BatchFacts {
    if (recordCount < 1) {
      throw new IllegalArgumentException("recordCount: " + recordCount + " (expected: >= 1)");
    }
  }

  /** A batch without a producer id. */
  public static BatchFacts plain(int recordCount) {
    return new BatchFacts(NO_PRODUCER, (short) -1, -1, -1, recordCount);
  }

  /** Whether sequences are checked. */
  public boolean hasProducerId() {
    return producerId != NO_PRODUCER;
  }
}
