package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;

/** What becomes of a batch by its producer's sequences. */
public sealed interface SequenceVerdict {
  /** The one value of {@link Accept}. */
  Accept ACCEPT = new Accept();

  /** It follows: append it. */
  record Accept() implements SequenceVerdict {}

  /**
   * It is in the log already.
   *
   * @param baseOffset the first offset it got
   * @param lastOffset the last offset it got
   * @param logAppendTimeMs the broker's time on it, or -1
   */
  record Duplicate(long baseOffset, long lastOffset, long logAppendTimeMs)
      implements SequenceVerdict {}

  /**
   * It does not fit.
   *
   * @param error why
   */
  record Refuse(MillraceError error) implements SequenceVerdict {}
}
