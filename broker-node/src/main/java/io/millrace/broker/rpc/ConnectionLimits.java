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
import java.util.function.Supplier;

/**
 * Counts connections and gives each its budgets. A connection over the bound stands, but each call
 * on it is refused with THROTTLED: the client learns why. Once another has gone, its next call is
 * let in. Thread-safe.
 */
public final class ConnectionLimits extends ServerTransportFilter implements ServerInterceptor {
  private static final Attributes.Key<Connection> CONNECTION =
      Attributes.Key.create("millrace-connection");

  private final int maxConnections;
  private final Supplier<ByteBudgets> budgets;
  private final AtomicInteger open = new AtomicInteger();

  /** Guarded by this: the connections that are let in; at most the bound. */
  private int admitted;

  private static final class Connection {
    private final ByteBudgets budgets;

    /** Written under the lock of the limits; once let in it stays so until it ends. */
    private volatile boolean admitted;

    /** Guarded by the lock of the limits: a call that comes late is not to take a place again. */
    private boolean terminated;

    Connection(ByteBudgets budgets) {
      this.budgets = budgets;
    }
  }

  /**
   * Makes the limits of a listener.
   *
   * @param budgets makes a connection's part of the server's
   */
  public ConnectionLimits(int maxConnections, Supplier<ByteBudgets> budgets) {
    this.maxConnections = maxConnections;
    this.budgets = budgets;
  }

  /** The connections that are open. */
  public int openConnections() {
    return open.get();
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    open.incrementAndGet();
    Connection connection = new Connection(budgets.get());
    admit(connection);
    return attributes.toBuilder().set(CONNECTION, connection).build();
  }

  @Override
  public void transportTerminated(Attributes attributes) {
    Connection connection = attributes == null ? null : attributes.get(CONNECTION);
    if (connection != null) {
      open.decrementAndGet();
      leave(connection);
    }
  }

  /** Lets a connection in if there is room; tells whether it is in. */
  private boolean admit(Connection connection) {
    if (connection.admitted) {
      return true;
    }
    synchronized (this) {
      if (!connection.admitted && !connection.terminated && admitted < maxConnections) {
        admitted++;
        connection.admitted = true;
      }
      return connection.admitted;
    }
  }

  private synchronized void leave(Connection connection) {
    connection.terminated = true;
    if (connection.admitted) {
      connection.admitted = false;
      admitted--;
    }
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Connection connection = call.getAttributes().get(CONNECTION);
    if (connection != null && !admit(connection)) {
      StatusRuntimeException refusal =
          RpcErrors.toStatus(
              new MillraceError(
                  ErrorCode.THROTTLED,
                  "too many connections (expected: at most " + maxConnections + ")",
                  Map.of("max.connections", Integer.toString(maxConnections))));
      RpcErrors.close(call, refusal);
      return new ServerCall.Listener<>() {};
    }
    ByteBudgets own = connection == null ? budgets.get() : connection.budgets;
    Context context = Context.current().withValue(ByteBudgets.KEY, own);
    return Contexts.interceptCall(context, call, headers, next);
  }
}
