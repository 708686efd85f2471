package io.millrace.client.internal;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** One gRPC channel for each broker address, opened on first use. Thread-safe. */
final class BrokerChannels implements AutoCloseable {
  private static final int FLOW_CONTROL_WINDOW_BYTES = 4 << 20;
  private static final long KEEPALIVE_SECONDS = 30;
  private static final long KEEPALIVE_TIMEOUT_SECONDS = 10;

  private final ClientConfig config;
  private final Map<BrokerAddress, ManagedChannel> channels = new ConcurrentHashMap<>();

  BrokerChannels(ClientConfig config) {
    this.config = config;
  }

  /** The channel to a broker. Call backs run on its network thread and must not block. */
  ManagedChannel channel(BrokerAddress address) {
    return channels.computeIfAbsent(address, this::open);
  }

  /** Lets the next call dial at once: this client paces its own retries. */
  void dialNow(BrokerAddress address) {
    channel(address).resetConnectBackoff();
  }

  private ManagedChannel open(BrokerAddress address) {
    return NettyChannelBuilder.forAddress(address.host(), address.port())
        .usePlaintext()
        .directExecutor()
        .userAgent(config.clientId())
        .maxInboundMessageSize(config.maxMessageBytes())
        .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
        .withOption(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.toIntExact(config.connectTimeout().toMillis()))
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .disableRetry()
        .build();
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
