package io.millrace.broker.replica;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.MillraceError;

/**
 * A follower's subscription at the leader's end of its stream. Thread-safe; nothing here blocks.
 */
public interface SubscribedFollower extends FollowerRef {
  /** What becomes of its wish to follow. */
  void answered(SubscribeAnswer answer);

  /** The partition has ended the subscription. */
  void ended(MillraceError why);
}
