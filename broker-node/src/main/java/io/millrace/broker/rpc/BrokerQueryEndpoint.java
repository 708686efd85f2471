package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.proto.internal.v1.BrokerQueryServiceGrpc.BrokerQueryServiceImplBase;
import io.millrace.proto.internal.v1.GetBrokerConfigsRequest;
import io.millrace.proto.internal.v1.GetBrokerConfigsResponse;
import io.millrace.proto.internal.v1.RequestContext;
import java.util.Map;
import java.util.Optional;

/**
 * Tells other nodes what only this broker knows; refuses while the node has not begun. Thread-safe.
 */
public final class BrokerQueryEndpoint extends BrokerQueryServiceImplBase {
  private final int brokerId;
  private final EffectiveConfig config;
  private volatile Optional<String> cluster = Optional.empty();

  /**
   * Makes the service.
   *
   * @param config what the broker's file, environment and flags say
   */
  public BrokerQueryEndpoint(int brokerId, EffectiveConfig config) {
    this.brokerId = brokerId;
    this.config = config;
  }

  /** From now on the node belongs to a cluster. */
  public void begin(String clusterId) {
    cluster = Optional.of(clusterId);
  }

  @Override
  public void getBrokerConfigs(
      GetBrokerConfigsRequest request, StreamObserver<GetBrokerConfigsResponse> call) {
    check(request.getContext(), request.getBrokerId());
    Replies.now(
        call,
        GetBrokerConfigsResponse.newBuilder().addAllConfigs(ConfigViews.ofFile(config)).build());
  }

  private void check(RequestContext context, int asked) {
    String own =
        cluster.orElseThrow(
            () -> new MillraceException(ErrorCode.UNAVAILABLE, "the broker has not begun"));
    if (!context.getClusterId().equals(own)) {
      throw refused("cluster_id", context.getClusterId(), own);
    }
    if (asked != brokerId) {
      throw refused("broker_id", "" + asked, "" + brokerId);
    }
    if (context.getHops() != 1) {
      throw refused("hops", "" + context.getHops(), "1");
    }
  }

  private static MillraceException refused(String field, String value, String expected) {
    return new MillraceError(
            ErrorCode.INVALID_REQUEST,
            field + ": " + value + " (expected: " + expected + ")",
            Map.of(field, value, "expected", expected))
        .exception();
  }
}
