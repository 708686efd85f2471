package io.millrace.broker.server;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** A whole node in the test's process, on free ports, with a channel to it. */
public final class TestNode implements AutoCloseable {
  private final MillraceServer server;
  private final ManagedChannel channel;

  private TestNode(MillraceServer server) {
    this.server = server;
    this.channel = channelTo(server.clientPort());
  }

  public static TestNode start(Path data) {
    return start(data, new RealFileStore(), builder -> builder);
  }

  public static TestNode start(
      Path data, FileStore store, UnaryOperator<EffectiveConfig.Builder> more) {
    FaultHandler faults =
        (message, cause) -> {
          throw new AssertionError("a broken invariant: " + message, cause);
        };
    return new TestNode(
        MillraceServer.start(
            more.apply(settings(data)).build(),
            new ServerEnvironment(store, new SystemClock(), faults)));
  }

  /** Settings of a node on free ports. */
  public static EffectiveConfig.Builder settings(Path data) {
    EffectiveConfig.Builder builder =
        EffectiveConfig.builder(BrokerSettings.SCHEMA)
            .set(NodeSettings.DATA_DIRS, List.of(data.toString()))
            .set(ConnectionSettings.SHUTDOWN_TIMEOUT_MS, 5_000L);
    for (ConfigKey<ListenAddress> listener :
        List.of(
            ListenerSettings.LISTENER_CLIENT,
            ListenerSettings.LISTENER_INTERNAL,
            ListenerSettings.LISTENER_QUORUM,
            ListenerSettings.LISTENER_ADMIN)) {
      builder.set(listener, new ListenAddress("127.0.0.1", 0));
    }
    return builder;
  }

  public static ManagedChannel channelTo(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .maxInboundMessageSize(64 << 20)
        .build();
  }

  public MillraceServer server() {
    return server;
  }

  public ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(5, TimeUnit.SECONDS);
    server.close();
  }
}
