package io.millrace.broker.server;

import io.millrace.broker.rpc.BrokerServices;
import io.millrace.broker.rpc.ByteBudgets;
import io.millrace.broker.rpc.ConnectionLimits;
import io.millrace.broker.rpc.InFlightBytes;
import io.millrace.broker.rpc.RpcListener;
import io.millrace.broker.rpc.RpcMetrics;
import io.millrace.broker.rpc.TransportSettings;
import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import java.io.IOException;

/**
 * Opens the gRPC listeners, which share the memory that requests may take. Confined to the thread
 * that starts the server, but for {@link #budgets}.
 */
final class NodeListeners {
  private final EffectiveConfig config;
  private final Startup startup;
  private final ServerMetrics metrics;
  private final RpcMetrics calls;
  private final TransportSettings transport;
  private final ByteBudgets budgets;

  NodeListeners(EffectiveConfig config, Startup startup, ServerMetrics metrics, RpcMetrics calls) {
    this.config = config;
    this.startup = startup;
    this.metrics = metrics;
    this.calls = calls;
    this.transport = Wiring.transport(config);
    this.budgets =
        new ByteBudgets(
            InFlightBytes.total(config.get(LimitSettings.IN_FLIGHT_BYTES)),
            InFlightBytes.total(config.get(RequestSettings.FETCH_IN_FLIGHT_BYTES)));
  }

  /** The memory that requests may take, over all listeners. */
  ByteBudgets budgets() {
    return budgets;
  }

  /**
   * Opens the listener for other nodes.
   *
   * @throws StartException if its address can't be bound
   */
  RpcListener forNodes(BrokerServices services) {
    return open(
        "internal",
        ListenerSettings.LISTENER_INTERNAL,
        transport.betweenNodes(config.get(LimitSettings.MAX_FETCH_STREAMS)),
        services);
  }

  /**
   * Opens the listener for clients.
   *
   * @throws StartException if its address can't be bound
   */
  RpcListener forClients(BrokerServices services) {
    return open("client", ListenerSettings.LISTENER_CLIENT, transport, services);
  }

  private RpcListener open(
      String name,
      ConfigKey<ListenAddress> key,
      TransportSettings settings,
      BrokerServices services) {
    ListenAddress address = config.get(key);
    ConnectionLimits limits =
        new ConnectionLimits(config.get(LimitSettings.MAX_CONNECTIONS), this::ofConnection);
    metrics.gauge("millrace." + name + ".connections", "Open connections", limits::openConnections);
    try {
      RpcListener listener =
          RpcListener.open(
              name, Listeners.socketAddress(address), settings, limits, calls, services);
      long graceMs = config.get(ConnectionSettings.SHUTDOWN_TIMEOUT_MS);
      startup.opened(name + " listener", () -> listener.close(graceMs));
      return listener;
    } catch (IOException e) {
      throw Listeners.cannotBind(key, address, e);
    }
  }

  private ByteBudgets ofConnection() {
    return budgets.child(
        config.get(LimitSettings.CONNECTION_IN_FLIGHT_BYTES),
        config.get(RequestSettings.CONNECTION_FETCH_IN_FLIGHT_BYTES));
  }
}
