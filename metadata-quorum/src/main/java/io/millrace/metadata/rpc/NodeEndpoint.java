package io.millrace.metadata.rpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.metadata.NodeStanding;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.DescribeNodeRequest;
import io.millrace.proto.internal.v1.DescribeNodeResponse;
import io.millrace.proto.internal.v1.NodeServiceGrpc.NodeServiceImplBase;
import io.millrace.proto.internal.v1.VoterState;
import java.util.function.Supplier;

/** Tells other nodes how far this one has come. Thread-safe. */
public final class NodeEndpoint extends NodeServiceImplBase {
  private final Supplier<NodeStanding> standing;

  public NodeEndpoint(Supplier<NodeStanding> standing) {
    this.standing = standing;
  }

  @Override
  public void describeNode(DescribeNodeRequest request, StreamObserver<DescribeNodeResponse> call) {
    NodeStanding now = standing.get();
    ByteString directoryId = now.directoryId().map(Uuids::toBytes).orElse(ByteString.EMPTY);
    call.onNext(
        DescribeNodeResponse.newBuilder()
            .setDirectoryId(directoryId)
            .setNodeId(now.nodeId())
            .setClusterId(now.clusterId())
            .setProposedClusterId(now.proposedClusterId())
            .setVoterState(toProto(now.voter()))
            .addAllVoters(now.voters())
            .build());
    call.onCompleted();
  }

  private static VoterState toProto(NodeStanding.Voter voter) {
    return switch (voter) {
      case UNFORMATTED -> VoterState.VOTER_STATE_UNFORMATTED;
      case PREPARED -> VoterState.VOTER_STATE_PREPARED;
      case BEGUN -> VoterState.VOTER_STATE_BEGUN;
    };
  }
}
