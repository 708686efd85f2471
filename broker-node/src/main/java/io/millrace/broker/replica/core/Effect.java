package io.millrace.broker.replica.core;

/**
 * What the core wants done, in this order. Between an {@link Append} and its {@link
 * PartitionEvent.Appended} the role, the committed state and the settings must not change; the only
 * way out is {@link PartitionEvent.LogDirOffline}.
 */
public sealed interface Effect
    permits LeadingEffect,
        FollowingEffect,
        Effect.Append,
        Effect.Answer,
        Effect.AnswerDelete,
        Effect.RequestFlush,
        Effect.MoveHighWatermark,
        Effect.MoveLogStart,
        Effect.SetTimer {
  /**
   * Append the request's batch under this base offset and epoch, then tell {@link
   * PartitionEvent.Appended}; several in a row may be written together.
   *
   * @param token names the request
   * @param baseOffset the batch's first offset
   * @param leaderEpoch goes into the batch's header
   * @param logAppendTimeMs the broker's time that goes on the batch, or -1 for CreateTime
   */
  record Append(RequestToken token, long baseOffset, int leaderEpoch, long logAppendTimeMs)
      implements Effect {}

  /**
   * Answer a produce request; each is answered exactly once.
   *
   * @param token names the request
   * @param outcome what became of it
   */
  record Answer(RequestToken token, ProduceOutcome outcome) implements Effect {}

  /**
   * Answer a request to delete records; each is answered exactly once.
   *
   * @param token names the request
   * @param outcome what became of it
   */
  record AnswerDelete(RequestToken token, DeleteRecordsOutcome outcome) implements Effect {}

  /** Flush the log, then tell {@link PartitionEvent.Flushed}. */
  record RequestFlush() implements Effect {}

  /**
   * Readers may see more. Comes before the answers that rest on it.
   *
   * @param highWatermark one past the last record they may see
   */
  record MoveHighWatermark(long highWatermark) implements Effect {}

  /**
   * Move the log's start, then tell {@link PartitionEvent.LogStartMoved}.
   *
   * @param logStartOffset the first offset to keep
   */
  record MoveLogStart(long logStartOffset) implements Effect {}

  /**
   * Send {@link PartitionEvent.Tick} at that time or soon after; those that were asked for before
   * stay.
   *
   * @param atMs on the clock of the events
   */
  record SetTimer(long atMs) implements Effect {}
}
