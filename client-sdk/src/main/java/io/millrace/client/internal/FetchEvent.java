package io.millrace.client.internal;

import io.millrace.common.MillraceException;
import io.millrace.proto.v1.FetchStreamResponse;

/** What the network tells a consumer. */
sealed interface FetchEvent {
  /** A message of a stream. */
  record Data(FetchConnection connection, FetchStreamResponse response) implements FetchEvent {}

  /** A stream is over. */
  record Ended(FetchConnection connection, MillraceException cause) implements FetchEvent {}

  /** {@code wakeup} was called. */
  record Woken() implements FetchEvent {}
}
