package io.millrace.client.internal;

import io.millrace.common.MillraceException;

/** What a consumer waits for. */
sealed interface FetchEvent {
  /**
   * A message of a stream.
   *
   * @param receivedMs when it came, on the monotonic clock
   */
  record Data(FetchConnection connection, FetchMessage message, long receivedMs)
      implements FetchEvent {
    /** The message is done with, whatever became of it. On the consumer's thread. */
    void done() {
      connection.done(message);
    }
  }

  /** A stream is over. */
  record Ended(FetchConnection connection, MillraceException cause) implements FetchEvent {}

  /** A question was answered: what follows from it, to be done on the consumer's thread. */
  record Answered(Runnable then) implements FetchEvent {}

  /** {@code wakeup} was called. */
  record Woken() implements FetchEvent {}
}
