package io.millrace.broker.rpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A gRPC listener with its services, health, reflection and channelz. Handlers run on the
 * transport's threads. Thread-safe.
 */
public final class RpcListener {
  private static final int RESETS_PER_WINDOW = 2_000;
  private static final int RESET_WINDOW_SECONDS = 10;
  private static final int CHANNELZ_PAGE = 100;
  private static final long FORCED_END_MS = 1_000;

  private final Server server;
  private final HealthStatusManager health;
  private final List<String> serviceNames;
  private final OpenStreams streams;
  private final ConnectionLimits limits;

  private RpcListener(
      Server server, HealthStatusManager health, BrokerServices services, ConnectionLimits limits) {
    this.server = server;
    this.health = health;
    this.serviceNames = services.names();
    this.streams = services.streams();
    this.limits = limits;
  }

  /**
   * Opens a listener; every service tells NOT_SERVING until {@link #serving}.
   *
   * @param name the listener's name in request contexts
   * @throws IOException if the address can't be bound
   */
  public static RpcListener open(
      String name,
      InetSocketAddress address,
      TransportSettings settings,
      ConnectionLimits limits,
      RpcMetrics metrics,
      BrokerServices services)
      throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder = transport(address, settings);
    Stream.concat(services.all().stream(), standardServices(health))
        .map(service -> RequestParsing.insideInterceptors(service.bindService()))
        .forEach(builder::addService);
    builder
        .addTransportFilter(limits)
        // The last one added is the first to run.
        .intercept(new FaultBarrier())
        .intercept(new ContextInterceptor(name))
        .intercept(new ReadyGate(services.ready()))
        .intercept(limits)
        .intercept(metrics);
    Server server = builder.build();
    RpcListener listener = new RpcListener(server, health, services, limits);
    listener.serving(false);
    server.start();
    return listener;
  }

  private static Stream<BindableService> standardServices(HealthStatusManager health) {
    return Stream.of(
        health.getHealthService(),
        ProtoReflectionServiceV1.newInstance(),
        reflectionV1Alpha(),
        ChannelzService.newInstance(CHANNELZ_PAGE));
  }

  /** Older tools know no other version of reflection. */
  @SuppressWarnings("deprecation")
  private static BindableService reflectionV1Alpha() {
    return ProtoReflectionService.newInstance();
  }

  private static NettyServerBuilder transport(
      InetSocketAddress address, TransportSettings settings) {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .directExecutor()
            .withChildOption(ChannelOption.ALLOCATOR, TransportMemory.shared())
            .maxInboundMessageSize(settings.maxMessageBytes())
            .flowControlWindow(settings.flowControlWindowBytes())
            .maxConcurrentCallsPerConnection(settings.maxStreamsPerConnection())
            .maxRstFramesPerWindow(RESETS_PER_WINDOW, RESET_WINDOW_SECONDS)
            .keepAliveTime(settings.keepaliveMs(), TimeUnit.MILLISECONDS)
            .permitKeepAliveTime(settings.keepalivePermitMs(), TimeUnit.MILLISECONDS)
            .permitKeepAliveWithoutCalls(true);
    if (settings.maxConnectionAgeMs() > 0) {
      builder
          .maxConnectionAge(settings.maxConnectionAgeMs(), TimeUnit.MILLISECONDS)
          .maxConnectionAgeGrace(settings.maxConnectionAgeGraceMs(), TimeUnit.MILLISECONDS);
    }
    return builder;
  }

  /** The port listened on. */
  public int port() {
    return server.getPort();
  }

  /** The connections that are open. */
  public int openConnections() {
    return limits.openConnections();
  }

  /** Says whether clients should be sent here: for each service, and for the server as a whole. */
  public void serving(boolean ready) {
    ServingStatus status = ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    serviceNames.forEach(service -> health.setStatus(service, status));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
  }

  /**
   * Takes no further calls and tells clients so, lets what is in progress come to its end, and then
   * ends what is left.
   *
   * @param graceMs how long calls may go on
   */
  public void close(long graceMs) {
    health.enterTerminalState();
    server.shutdown();
    streams.endAll();
    try {
      if (!server.awaitTermination(graceMs, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(FORCED_END_MS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
