package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;

/** What became of a batch. */
public sealed interface ProduceOutcome {
  /**
   * It reached its acks.
   *
   * @param baseOffset the offset of its first record
   * @param lastOffset the offset of its last record
   * @param logAppendTimeMs the broker's time on it in milliseconds since 1970 UTC, or -1 for
   *     CreateTime
   * @param logStartOffset the partition's first offset
   * @param duplicate a repeat: appended before, with these offsets
   */
  record Acknowledged(
      long baseOffset,
      long lastOffset,
      long logAppendTimeMs,
      long logStartOffset,
      boolean duplicate)
      implements ProduceOutcome {}

  /**
   * It did not.
   *
   * @param error why
   * @param baseOffset where it is in the log, if it is (it may still be committed); else -1
   * @param lastOffset likewise
   */
  record Failed(MillraceError error, long baseOffset, long lastOffset) implements ProduceOutcome {
    /** A batch that was not appended. */
    public Failed(MillraceError error) {
      this(error, -1, -1);
    }
  }
}
