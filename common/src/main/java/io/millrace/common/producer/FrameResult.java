package io.millrace.common.producer;

import io.millrace.common.MillraceError;

/** What a broker answered to one frame. */
public sealed interface FrameResult {
  /**
   * The batch is in the log and reached its acks.
   *
   * @param baseOffset the offset of its first record
   * @param lastOffset the offset of its last record
   * @param logAppendTimeMs the time the broker gave it, or -1 (CreateTime)
   * @param duplicate whether it was a repeat; then everything else is as it was the first time
   */
  record Appended(long baseOffset, long lastOffset, long logAppendTimeMs, boolean duplicate)
      implements FrameResult {}

  /**
   * The batch did not reach its acks; it may be in the log all the same.
   *
   * @param error why
   */
  record Refused(MillraceError error) implements FrameResult {
    /**
     * Whether the code says for sure that this attempt appended nothing; earlier attempts may have.
     */
    public boolean nothingAppended() {
      return Refusal.nothingAppended(error.code());
    }
  }

  /**
   * As {@link Refused}, whatever the code, and the owner does not want the batch to be tried again:
   * it fails with this error. Only for acks other than 0.
   *
   * @param error why
   */
  record GivenUp(MillraceError error) implements FrameResult {}
}
