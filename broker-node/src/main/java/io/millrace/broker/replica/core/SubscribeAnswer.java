package io.millrace.broker.replica.core;

import io.millrace.common.MillraceError;

/** What becomes of a follower's wish to follow. All but the first end the attempt. */
public sealed interface SubscribeAnswer {
  /**
   * Its log is the beginning of the leader's: batches come from its position on.
   *
   * @param highWatermark the leader's
   * @param logStartOffset the leader's
   */
  record Accepted(long highWatermark, long logStartOffset) implements SubscribeAnswer {}

  /**
   * Its log goes another way than the leader's (KIP-101, KIP-279): it must be cut.
   *
   * @param epoch the largest epoch, not above the follower's last one, that the leader knows
   * @param endOffset where that epoch ends in the leader's log
   */
  record Diverged(int epoch, long endOffset) implements SubscribeAnswer {}

  /**
   * What would follow is gone from the leader's log: the follower must throw its own away.
   *
   * @param offset where it begins anew
   */
  record StartAt(long offset) implements SubscribeAnswer {}

  /**
   * No.
   *
   * @param error why
   */
  record Refused(MillraceError error) implements SubscribeAnswer {}
}
