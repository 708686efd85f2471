package io.millrace.metadata.rpc;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.millrace.metadata.image.Endpoint;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** A connection to each other node that was asked for. Thread-safe: one lock. */
public final class NodeChannels implements AutoCloseable {
  private final Function<Endpoint, ManagedChannel> connect;
  private final Map<Endpoint, ManagedChannel> open = new HashMap<>();
  private boolean closed;

  /**
   * Begins without a connection.
   *
   * @param connect makes a channel; connecting itself happens later and anew as often as needed
   */
  public NodeChannels(Function<Endpoint, ManagedChannel> connect) {
    this.connect = connect;
  }

  /** The channel to an internal listener. */
  public synchronized ManagedChannel to(Endpoint endpoint) {
    ManagedChannel channel = open.computeIfAbsent(endpoint, connect);
    if (closed) {
      channel.shutdownNow();
    } else if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      // It would wait ever longer, up to two minutes: a node that is back is wanted at once.
      channel.resetConnectBackoff();
    }
    return channel;
  }

  /** Ends all calls. */
  @Override
  public synchronized void close() {
    closed = true;
    open.values().forEach(ManagedChannel::shutdownNow);
  }
}
