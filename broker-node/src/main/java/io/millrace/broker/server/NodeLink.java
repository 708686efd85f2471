package io.millrace.broker.server;

import io.grpc.BindableService;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.millrace.broker.rpc.BrokerQueryEndpoint;
import io.millrace.broker.rpc.ForwardingEndpoint;
import io.millrace.broker.rpc.ReplicationEndpoint;
import io.millrace.broker.rpc.RequestContext;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.CallerContext;
import io.millrace.metadata.rpc.ControllerEndpoint;
import io.millrace.metadata.rpc.NodeChannels;
import io.millrace.metadata.rpc.NodeEndpoint;
import io.millrace.metadata.rpc.NodeProbe;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What the node has to do with other nodes before it has any state: the way to them, and what they
 * find on the internal listener. Immutable; its parts are thread-safe, but for the bootstrap.
 *
 * @param channels for all but records
 * @param forwardingChannels for records of clients that another broker's partitions are asked for
 * @param tailChannels for tails of partitions that another broker leads
 * @param replicationChannels for records, so that they are not in the way of a word of life
 */
record NodeLink(
    NodeVoters voters,
    NodeChannels channels,
    ControllerEndpoint controller,
    BrokerQueryEndpoint queries,
    NodeChannels forwardingChannels,
    NodeChannels tailChannels,
    ForwardingEndpoint forwarding,
    NodeChannels replicationChannels,
    ReplicationEndpoint replication,
    Bootstrap bootstrap) {
  private static final int CONNECT_TIMEOUT_MS = 3_000;
  private static final int KEEPALIVE_SECONDS = 10;
  private static final int KEEPALIVE_TIMEOUT_SECONDS = 5;

  /**
   * Makes the link; its connections stand in the {@link Startup} to be ended.
   *
   * @throws StartException if the voters are not well configured
   */
  static NodeLink open(
      EffectiveConfig config,
      ServerEnvironment environment,
      Startup startup,
      CompletableFuture<Void> stop) {
    NodeVoters voters = NodeVoters.of(config);
    int maxMessageBytes = config.get(LimitSettings.RPC_MAX_MESSAGE_BYTES);
    NodeChannels channels =
        new NodeChannels(endpoint -> channel(endpoint, maxMessageBytes).build());
    startup.opened("connections to other nodes", channels::close);
    int windowBytes = config.get(ConnectionSettings.RPC_FLOW_CONTROL_WINDOW);
    NodeChannels replicationChannels =
        new NodeChannels(
            endpoint ->
                channel(endpoint, maxMessageBytes)
                    .flowControlWindow(windowBytes)
                    .directExecutor()
                    .build());
    startup.opened("connections for replication", replicationChannels::close);
    NodeChannels forwardingChannels =
        new NodeChannels(
            endpoint -> channel(endpoint, maxMessageBytes).flowControlWindow(windowBytes).build());
    startup.opened("connections for clients' records", forwardingChannels::close);
    NodeChannels tailChannels =
        new NodeChannels(
            endpoint -> channel(endpoint, maxMessageBytes).flowControlWindow(windowBytes).build());
    startup.opened("connections for clients' tails", tailChannels::close);
    Bootstrap bootstrap =
        new Bootstrap(config, environment.store(), voters, new NodeProbe(channels), stop);
    int nodeId = config.get(NodeSettings.NODE_ID);
    return new NodeLink(
        voters,
        channels,
        new ControllerEndpoint(),
        new BrokerQueryEndpoint(nodeId, config),
        forwardingChannels,
        tailChannels,
        new ForwardingEndpoint(nodeId),
        replicationChannels,
        new ReplicationEndpoint(nodeId),
        bootstrap);
  }

  private static NettyChannelBuilder channel(Endpoint endpoint, int maxMessageBytes) {
    return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
        .usePlaintext()
        .disableRetry()
        .maxInboundMessageSize(maxMessageBytes)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  /** What other nodes find here. */
  List<BindableService> services() {
    return List.of(
        new NodeEndpoint(bootstrap::standing), controller, queries, forwarding, replication);
  }

  /** On whose behalf the current thread works. */
  static CallerContext caller() {
    RequestContext request = RequestContext.current();
    return new CallerContext(
        request.principal(),
        request.clientId(),
        request.clientAddress(),
        request.listener(),
        request.trace());
  }
}
