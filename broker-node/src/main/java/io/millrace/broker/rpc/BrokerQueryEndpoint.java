package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.proto.internal.v1.BrokerQueryServiceGrpc.BrokerQueryServiceImplBase;
import io.millrace.proto.internal.v1.GetBrokerConfigsRequest;
import io.millrace.proto.internal.v1.GetBrokerConfigsResponse;
import io.millrace.proto.internal.v1.GetBrokerLogDirsRequest;
import io.millrace.proto.internal.v1.GetBrokerLogDirsResponse;
import io.millrace.proto.internal.v1.GetBrokerReplicasRequest;
import io.millrace.proto.internal.v1.GetBrokerReplicasResponse;
import io.millrace.proto.internal.v1.RequestContext;
import java.util.Map;
import java.util.Optional;

/**
 * Tells other nodes what only this broker knows; refuses while the node has not begun. Thread-safe.
 */
public final class BrokerQueryEndpoint extends BrokerQueryServiceImplBase {
  private final int brokerId;
  private final EffectiveConfig config;
  private volatile Optional<Begun> begun = Optional.empty();

  private record Begun(String clusterId, LocalLogDirs logDirs) {}

  /**
   * Makes the service.
   *
   * @param config what the broker's file, environment and flags say
   */
  public BrokerQueryEndpoint(int brokerId, EffectiveConfig config) {
    this.brokerId = brokerId;
    this.config = config;
  }

  /**
   * From now on the node belongs to a cluster, and has directories.
   *
   * @param logDirs tells of them
   */
  public void begin(String clusterId, LocalLogDirs logDirs) {
    begun = Optional.of(new Begun(clusterId, logDirs));
  }

  @Override
  public void getBrokerConfigs(
      GetBrokerConfigsRequest request, StreamObserver<GetBrokerConfigsResponse> call) {
    check(request.getContext(), request.getBrokerId());
    Replies.now(
        call,
        GetBrokerConfigsResponse.newBuilder().addAllConfigs(ConfigViews.ofFile(config)).build());
  }

  @Override
  public void getBrokerLogDirs(
      GetBrokerLogDirsRequest request, StreamObserver<GetBrokerLogDirsResponse> call) {
    LocalLogDirs logDirs = check(request.getContext(), request.getBrokerId());
    Replies.when(
        call,
        logDirs
            .list()
            .thenApply(dirs -> GetBrokerLogDirsResponse.newBuilder().addAllLogDirs(dirs).build()));
  }

  @Override
  public void getBrokerReplicas(
      GetBrokerReplicasRequest request, StreamObserver<GetBrokerReplicasResponse> call) {
    LocalLogDirs logDirs = check(request.getContext(), request.getRequest().getNodeId());
    Replies.when(
        call,
        logDirs
            .replicas(request.getRequest())
            .thenApply(page -> GetBrokerReplicasResponse.newBuilder().setResponse(page).build()));
  }

  private LocalLogDirs check(RequestContext context, int asked) {
    Begun node =
        begun.orElseThrow(
            () -> new MillraceException(ErrorCode.UNAVAILABLE, "the broker has not begun"));
    if (!context.getClusterId().equals(node.clusterId())) {
      throw refused("cluster_id", context.getClusterId(), node.clusterId());
    }
    if (asked != brokerId) {
      throw refused("broker_id", "" + asked, "" + brokerId);
    }
    if (context.getHops() != 1) {
      throw refused("hops", "" + context.getHops(), "1");
    }
    return node.logDirs();
  }

  private static MillraceException refused(String field, String value, String expected) {
    return new MillraceError(
            ErrorCode.INVALID_REQUEST,
            field + ": " + value + " (expected: " + expected + ")",
            Map.of(field, value, "expected", expected))
        .exception();
  }
}
