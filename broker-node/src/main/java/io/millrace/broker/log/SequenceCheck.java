package io.millrace.broker.log;

import io.millrace.common.MillraceError;

/** What {@link ProducerStateTable#check} says of a batch before it is appended. */
public sealed interface SequenceCheck {
  /** The batch follows what is known of its producer: append it. */
  record Accept() implements SequenceCheck {
    static final Accept INSTANCE = new Accept();
  }

  /**
   * The batch is an exact repeat of a remembered one: answer with that one's offsets, append
   * nothing.
   *
   * @param firstOffset the offset of its first record
   * @param lastOffset the offset of its last record
   * @param logAppendTimeMs the time the broker gave it, or -1 if the producer's times were kept
   */
  record Duplicate(long firstOffset, long lastOffset, long logAppendTimeMs)
      implements SequenceCheck {}

  /**
   * The batch does not follow: answer with the error, append nothing.
   *
   * @param error names the sequence or epoch found and what was expected
   */
  record Refuse(MillraceError error) implements SequenceCheck {}
}
