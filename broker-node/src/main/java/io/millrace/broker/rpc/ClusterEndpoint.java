package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumAnswer.Described;
import io.millrace.metadata.QuorumAnswer.VoterView;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.controller.ClusterCommand.UpdateFeatureLevel;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.rpc.QuorumMembers;
import io.millrace.proto.v1.AddVoterRequest;
import io.millrace.proto.v1.AddVoterResponse;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.DumpMetadataRequest;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.Features;
import io.millrace.proto.v1.GetFeaturesRequest;
import io.millrace.proto.v1.GetFeaturesResponse;
import io.millrace.proto.v1.GetHealthRequest;
import io.millrace.proto.v1.GetHealthResponse;
import io.millrace.proto.v1.GetQuorumRequest;
import io.millrace.proto.v1.GetQuorumResponse;
import io.millrace.proto.v1.Quorum;
import io.millrace.proto.v1.RemoveVoterRequest;
import io.millrace.proto.v1.RemoveVoterResponse;
import io.millrace.proto.v1.TransferLeadershipRequest;
import io.millrace.proto.v1.TransferLeadershipResponse;
import io.millrace.proto.v1.UpdateFeaturesRequest;
import io.millrace.proto.v1.UpdateFeaturesResponse;
import io.millrace.proto.v1.Voter;
import io.millrace.proto.v1.WatchHealthRequest;
import io.millrace.proto.v1.WatchHealthResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Looks after the quorum's voters, and tells how the cluster is. Thread-safe. */
final class ClusterEndpoint extends ClusterServiceGrpc.ClusterServiceImplBase {
  private final QuorumMembers members;
  private final ClusterInspection inspection;
  private final AdminCommands commands;
  private final Authorizer authorizer;

  ClusterEndpoint(
      QuorumMembers members,
      ClusterInspection inspection,
      AdminCommands commands,
      Authorizer authorizer) {
    this.members = members;
    this.inspection = inspection;
    this.commands = commands;
    this.authorizer = authorizer;
  }

  @Override
  public void getQuorum(GetQuorumRequest request, StreamObserver<GetQuorumResponse> call) {
    authorize(Operation.DESCRIBE);
    Replies.when(
        call,
        carryOut(new QuorumRequest.Describe())
            .thenApply(quorum -> GetQuorumResponse.newBuilder().setQuorum(quorum).build()));
  }

  @Override
  public void getHealth(GetHealthRequest request, StreamObserver<GetHealthResponse> call) {
    authorize(Operation.DESCRIBE);
    inspection.health(request, call);
  }

  @Override
  public void watchHealth(WatchHealthRequest request, StreamObserver<WatchHealthResponse> call) {
    authorize(Operation.DESCRIBE);
    inspection.watchHealth(request, call);
  }

  @Override
  public void dumpMetadata(DumpMetadataRequest request, StreamObserver<DumpMetadataResponse> call) {
    authorize(Operation.DESCRIBE);
    inspection.dump(request, call);
  }

  @Override
  public void addVoter(AddVoterRequest request, StreamObserver<AddVoterResponse> call) {
    authorize(Operation.ALTER);
    VoterAddress address = address(request.getVoter());
    Replies.when(
        call,
        members
            .add(address, timeout())
            .thenApply(ClusterEndpoint::quorum)
            .thenApply(quorum -> AddVoterResponse.newBuilder().setQuorum(quorum).build()));
  }

  @Override
  public void removeVoter(RemoveVoterRequest request, StreamObserver<RemoveVoterResponse> call) {
    authorize(Operation.ALTER);
    CompletableFuture<UUID> directory =
        request.getDirectoryId().isEmpty()
            ? carryOut(new QuorumRequest.Describe())
                .thenApply(quorum -> directoryOf(quorum, request.getNodeId()))
            : CompletableFuture.completedFuture(uuid(request.getDirectoryId()));
    Replies.when(
        call,
        directory
            .thenCompose(
                id ->
                    carryOut(
                        new QuorumRequest.RemoveVoter(
                            request.getNodeId(), id, request.getUnsafe())))
            .thenApply(quorum -> RemoveVoterResponse.newBuilder().setQuorum(quorum).build()));
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> call) {
    authorize(Operation.ALTER);
    Replies.when(
        call,
        carryOut(new QuorumRequest.Transfer(request.getNodeId()))
            .thenApply(
                quorum -> TransferLeadershipResponse.newBuilder().setQuorum(quorum).build()));
  }

  @Override
  public void getFeatures(GetFeaturesRequest request, StreamObserver<GetFeaturesResponse> call) {
    authorize(Operation.DESCRIBE);
    Replies.now(call, GetFeaturesResponse.newBuilder().setFeatures(features()).build());
  }

  @Override
  public void updateFeatures(
      UpdateFeaturesRequest request, StreamObserver<UpdateFeaturesResponse> call) {
    authorize(Operation.ALTER);
    RequestOptions options =
        TopicRequests.options(request.getRequestId(), request.getValidateOnly());
    Replies.when(
        call,
        commands
            .carryOut(new UpdateFeatureLevel(request.getLevel(), options))
            .thenApply(
                done -> UpdateFeaturesResponse.newBuilder().setFeatures(features()).build()));
  }

  private Features features() {
    MetadataImage image = commands.quorum().image();
    int min = FeatureRange.SUPPORTED.min();
    int max = FeatureRange.SUPPORTED.max();
    for (BrokerImage broker : image.brokers().values()) {
      min = Math.max(min, broker.features().min());
      max = Math.min(max, broker.features().max());
    }
    return Features.newBuilder()
        .setLevel(image.featureLevel())
        .setMinSupportedLevel(min)
        .setMaxSupportedLevel(max)
        .build();
  }

  private void authorize(Operation operation) {
    authorizer.check(RequestContext.current(), operation, "");
  }

  private Duration timeout() {
    return commands.timeout();
  }

  private CompletableFuture<Quorum> carryOut(QuorumRequest request) {
    return members.administer(request, timeout()).thenApply(ClusterEndpoint::quorum);
  }

  private static Quorum quorum(QuorumAnswer answer) {
    if (answer instanceof QuorumAnswer.Refused refused) {
      throw refused.error().exception();
    }
    Described described = (Described) answer;
    return Quorum.newBuilder()
        .setControllerId(described.controllerId())
        .setControllerEpoch(described.controllerEpoch())
        .addAllVoters(described.voters().stream().map(ClusterEndpoint::voter).toList())
        .build();
  }

  private static Voter voter(VoterView view) {
    return Voter.newBuilder()
        .setNodeId(view.nodeId())
        .setDirectoryId(view.directoryId().toString())
        .setQuorumAddress(view.quorum())
        .setInternalAddress(view.internal())
        .setLastContactMs(view.lastContactMs())
        .setLagEntries(view.lagEntries())
        .build();
  }

  private static UUID directoryOf(Quorum quorum, int nodeId) {
    List<Integer> nodes = quorum.getVotersList().stream().map(Voter::getNodeId).toList();
    return quorum.getVotersList().stream()
        .filter(voter -> voter.getNodeId() == nodeId)
        .map(voter -> UUID.fromString(voter.getDirectoryId()))
        .findFirst()
        .orElseThrow(
            () ->
                Requests.invalid(
                    "node_id: " + nodeId + " (expected: a voter, one of " + nodes + ")"));
  }

  private static VoterAddress address(String text) {
    try {
      return VoterAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw Requests.invalid("voter: " + e.getMessage());
    }
  }

  private static UUID uuid(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw Requests.invalid("directory_id: " + text + " (expected: a UUID)");
    }
  }
}
