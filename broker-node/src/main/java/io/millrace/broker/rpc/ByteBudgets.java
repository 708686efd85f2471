package io.millrace.broker.rpc;

import io.grpc.Context;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The memory that requests may take: the server's, or a connection's part of it.
 *
 * @param produce bytes of produce requests, and of requests to delete records, that are not
 *     answered yet
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

  /**
   * Does the work of a unary request, whose bytes count until it is answered.
   *
   * @throws io.millrace.common.MillraceException with THROTTLED, and nothing is done, if they do
   *     not fit
   */
  <A> CompletableFuture<A> whileUnanswered(long bytes, Supplier<CompletableFuture<A>> work) {
    if (!produce.tryAdd(bytes)) {
      throw new MillraceError(
              ErrorCode.THROTTLED,
              "too many bytes in flight on this connection or server for a request of " + bytes,
              Map.of("max.in.flight.bytes.per.connection", Long.toString(produce.limit())))
          .exception();
    }
    try {
      return work.get().whenComplete((answer, thrown) -> produce.release(bytes));
    } catch (RuntimeException refused) {
      produce.release(bytes);
      throw refused;
    }
  }
}
