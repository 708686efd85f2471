package io.millrace.broker.rpc;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.StatusRuntimeException;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts connections and gives each its budget of bytes in flight. A connection over the bound
 * stands, but each call on it is refused with THROTTLED: the client learns why. Thread-safe.
 */
public final class ConnectionLimits extends ServerTransportFilter implements ServerInterceptor {
  private static final Attributes.Key<Connection> CONNECTION =
      Attributes.Key.create("millrace-connection");

  private final int maxConnections;
  private final InFlightBytes total;
  private final long connectionInFlightBytes;
  private final AtomicInteger open = new AtomicInteger();

  private record Connection(boolean refused, InFlightBytes budget) {}

  public ConnectionLimits(int maxConnections, InFlightBytes total, long connectionInFlightBytes) {
    this.maxConnections = maxConnections;
    this.total = total;
    this.connectionInFlightBytes = connectionInFlightBytes;
  }

  /** The connections that are open. */
  public int openConnections() {
    return open.get();
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    boolean refused = open.incrementAndGet() > maxConnections;
    Connection connection = new Connection(refused, total.child(connectionInFlightBytes));
    return attributes.toBuilder().set(CONNECTION, connection).build();
  }

  @Override
  public void transportTerminated(Attributes attributes) {
    if (attributes != null && attributes.get(CONNECTION) != null) {
      open.decrementAndGet();
    }
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Connection connection = call.getAttributes().get(CONNECTION);
    if (connection != null && connection.refused()) {
      StatusRuntimeException refusal =
          RpcErrors.toStatus(
              new MillraceError(
                  ErrorCode.THROTTLED,
                  "too many connections (expected: at most " + maxConnections + ")",
                  Map.of("max.connections", Integer.toString(maxConnections))));
      RpcErrors.close(call, refusal);
      return new ServerCall.Listener<>() {};
    }
    InFlightBytes budget = connection == null ? total : connection.budget();
    Context context = Context.current().withValue(InFlightBytes.KEY, budget);
    return Contexts.interceptCall(context, call, headers, next);
  }
}
