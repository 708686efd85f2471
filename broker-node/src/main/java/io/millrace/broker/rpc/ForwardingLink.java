package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.NodeChannels;
import io.millrace.proto.internal.v1.RequestContext;

/**
 * The way to other brokers for what clients asked this one for. Immutable.
 *
 * @param nodeId this node
 * @param channels for records, so that these are not in the way of a word of life
 * @param tailChannels for tails, which last: calls on one connection are bounded
 */
public record ForwardingLink(
    String clusterId, int nodeId, NodeChannels channels, NodeChannels tailChannels) {
  /** Where a broker takes what others pass on; fails with BROKER_NOT_AVAILABLE if nowhere. */
  Endpoint endpointOf(BrokerImage broker) {
    return broker
        .internalEndpoint()
        .orElseThrow(
            () ->
                new MillraceError(
                        ErrorCode.BROKER_NOT_AVAILABLE,
                        "broker " + broker.id() + " has no listener for other nodes")
                    .exception());
  }

  /** What another broker is to know of a client, when something is passed on for it. */
  RequestContext context(io.millrace.broker.rpc.RequestContext client, long remainingMs) {
    return RequestContext.newBuilder()
        .setClusterId(clusterId)
        .setNodeId(nodeId)
        .setPrincipal(client.principal())
        .setClientId(client.clientId())
        .setClientAddress(client.clientAddress())
        .setListener(client.listener())
        .setTenant(client.tenant())
        .setTrace(client.trace())
        .setRemainingMs(remainingMs)
        .setHops(client.hops() + 1)
        .build();
  }
}
