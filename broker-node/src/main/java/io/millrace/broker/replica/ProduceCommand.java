package io.millrace.broker.replica;

import io.millrace.broker.replica.core.RequestToken;
import io.millrace.common.Acks;
import java.nio.ByteBuffer;

/**
 * A validated batch to append.
 *
 * <p>From the moment it is taken until it is answered the batch belongs to the partition, which
 * writes base offset, leader epoch and (LogAppendTime) the time into it. Commands are equal only if
 * they are the same.
 *
 * @param batch exactly one record batch from the buffer's position to its limit, writable,
 *     validated
 * @param acks when to answer
 * @param leaderEpoch the epoch the client believes in, or -1 not to check it
 * @param pipeline the ordered stream it came on: a number that no other stream and partition of
 *     this process has, at least 1; or 0 outside a stream
 * @param deadlineMs when to give up, on the broker's monotonic clock
 * @param correlation the caller's own number, not looked at
 * @param callback told the outcome
 */
public record ProduceCommand(
    ByteBuffer batch,
    Acks acks,
    int leaderEpoch,
    long pipeline,
    long deadlineMs,
    long correlation,
    ProduceCallback callback)
    implements RequestToken {

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
