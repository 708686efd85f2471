package io.millrace.common.producer;

import io.millrace.common.MillraceError;

/** What became of a batch; told once for each. */
public sealed interface BatchOutcome {
  /**
   * The batch is in the log, once, and reached its acks.
   *
   * @param baseOffset the offset of its first record; -1 when the broker no longer knew it
   * @param lastOffset the offset of its last record, or -1
   * @param logAppendTimeMs the time the broker gave it, or -1 (CreateTime)
   */
  record Acknowledged(long baseOffset, long lastOffset, long logAppendTimeMs)
      implements BatchOutcome {}

  /** The batch was handed to the stream and no answer is expected (acks=0). */
  record Unacknowledged() implements BatchOutcome {
    static final Unacknowledged INSTANCE = new Unacknowledged();
  }

  /**
   * The batch was given up.
   *
   * @param error why
   * @param maybeAppended whether it may be in the log all the same
   */
  record Failed(MillraceError error, boolean maybeAppended) implements BatchOutcome {}
}
