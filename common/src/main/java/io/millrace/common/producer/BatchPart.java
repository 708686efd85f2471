package io.millrace.common.producer;

/**
 * A part of a batch that was too large, to be sent as a batch of its own.
 *
 * @param batch the owner's own batch
 * @param recordCount its records, from 1
 */
public record BatchPart<B>(B batch, int recordCount) {
  public BatchPart {
    if (recordCount < 1) {
      throw new IllegalArgumentException("recordCount: " + recordCount + " (expected: >= 1)");
    }
  }
}
