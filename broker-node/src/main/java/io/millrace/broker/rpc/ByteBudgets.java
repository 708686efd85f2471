package io.millrace.broker.rpc;

import io.grpc.Context;

/**
 * The memory that requests may take: the server's, or a connection's part of it.
 *
 * @param produce bytes of produce requests that are not answered yet
 * @param fetch bytes that were read for clients and are not sent yet: answers of unary fetches,
 *     messages of fetch streams, and what tails have unpacked
 */
public record ByteBudgets(InFlightBytes produce, InFlightBytes fetch) {
  /** The budgets of the connection that a call came on. */
  static final Context.Key<ByteBudgets> KEY = Context.key("millrace-budgets");

  /** A connection's budgets; its bytes count here too. */
  public ByteBudgets child(long produceBytes, long fetchBytes) {
    return new ByteBudgets(produce.child(produceBytes), fetch.child(fetchBytes));
  }
}
