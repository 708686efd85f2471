package io.millrace.common.producer;

/**
 * What the header of a batch says about its producer.
 *
 * @param producerId the producer's id, or -1 for a producer without one
 * @param producerEpoch its epoch, or -1
 * @param baseSequence the sequence of the batch's first record, or -1
 */
public record BatchSequence(long producerId, int producerEpoch, int baseSequence) {
  /** The header of a producer that is not idempotent. */
  public static final BatchSequence NONE = new BatchSequence(-1, -1, -1);

  /** The same producer, so many records later. */
  BatchSequence after(int records) {
    return baseSequence < 0
        ? this
        : new BatchSequence(producerId, producerEpoch, advance(baseSequence, records));
  }

  /**
   * The sequence that is {@code records} further on: after 2<sup>31</sup>-1 comes 0.
   *
   * @param sequence from 0
   * @param records from 0
   */
  public static int advance(int sequence, int records) {
    return (sequence + records) & Integer.MAX_VALUE;
  }
}
