package io.millrace.broker.rpc;

import io.grpc.Context;

/**
 * Who asks, from where, and how long there is for an answer. Immutable.
 *
 * @param principal who asks; {@code ANONYMOUS} while there is no authentication
 * @param clientId what the client calls itself (header {@code millrace-client-id}), or empty
 * @param clientAddress the address it connects from
 * @param listener the listener's name, {@code client} or {@code internal}
 * @param tenant empty: there are no tenants yet
 * @param hops how many brokers passed the request on
 * @param trace the W3C traceparent, or empty
 */
public record RequestContext(
    String principal,
    String clientId,
    String clientAddress,
    String listener,
    String tenant,
    int hops,
    String trace) {

  /** The principal of requests without authentication. */
  public static final String ANONYMOUS = "anonymous";

  /** What code outside a call sees. */
  static final RequestContext NONE = new RequestContext(ANONYMOUS, "", "in-process", "", "", 0, "");

  static final Context.Key<RequestContext> KEY = Context.keyWithDefault("millrace-request", NONE);

  /** The context of the call that this thread serves. */
  public static RequestContext current() {
    return KEY.get();
  }
}
