package io.millrace.broker.replica.core;

import io.millrace.common.Acks;

/**
 * A batch in the log whose answer waits.
 *
 * @param request what was asked
 * @param baseOffset the batch's first offset
 * @param lastOffset its last one
 * @param logAppendTimeMs the broker's time on it, or -1
 * @param duplicate whether it was in the log before the request
 */
record ParkedRequest(
    PartitionEvent.Produce request,
    long baseOffset,
    long lastOffset,
    long logAppendTimeMs,
    boolean duplicate) {
  /** The acknowledged offset that must be reached. */
  long neededOffset() {
    return lastOffset + 1;
  }

  boolean waitsForAll() {
    return request.acks() == Acks.ALL;
  }

  /** The same, off its pipeline if it came on that one. */
  ParkedRequest leavingPipeline(long pipeline) {
    return request.pipeline() == pipeline
        ? new ParkedRequest(
            request.withoutPipeline(), baseOffset, lastOffset, logAppendTimeMs, duplicate)
        : this;
  }

  Effect.Answer acknowledged(long logStartOffset) {
    return new Effect.Answer(
        request.token(),
        new ProduceOutcome.Acknowledged(
            baseOffset, lastOffset, logAppendTimeMs, logStartOffset, duplicate));
  }
}
