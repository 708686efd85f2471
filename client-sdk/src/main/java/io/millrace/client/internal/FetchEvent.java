package io.millrace.client.internal;

import io.millrace.common.MillraceException;
import io.millrace.proto.v1.FetchStreamResponse;

/** What a consumer waits for. */
sealed interface FetchEvent {
  /** A message of a stream. */
  record Data(FetchConnection connection, FetchStreamResponse response) implements FetchEvent {}

  /** A stream is over. */
  record Ended(FetchConnection connection, MillraceException cause) implements FetchEvent {}

  /** A question was answered: what follows from it, to be done on the consumer's thread. */
  record Answered(Runnable then) implements FetchEvent {}

  /** {@code wakeup} was called. */
  record Woken() implements FetchEvent {}
}
