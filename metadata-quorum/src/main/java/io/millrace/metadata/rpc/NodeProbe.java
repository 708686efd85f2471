package io.millrace.metadata.rpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.metadata.NodeStanding;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.DescribeNodeRequest;
import io.millrace.proto.internal.v1.DescribeNodeResponse;
import io.millrace.proto.internal.v1.NodeServiceGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks other nodes how far they have come. Thread-safe. */
public final class NodeProbe {
  private static final Logger LOG = LoggerFactory.getLogger(NodeProbe.class);

  private final NodeChannels channels;

  public NodeProbe(NodeChannels channels) {
    this.channels = channels;
  }

  /**
   * Asks all of them at once.
   *
   * @param timeout how long to wait for answers
   * @return those that came, by the node id that was asked for; never fails
   */
  public CompletableFuture<Map<Integer, NodeStanding>> ask(
      List<VoterAddress> nodes, Duration timeout) {
    Map<Integer, NodeStanding> answers = new ConcurrentHashMap<>();
    List<CompletableFuture<Void>> asked = new ArrayList<>();
    for (VoterAddress node : nodes) {
      asked.add(
          ask(node, timeout)
              .thenAccept(
                  answer -> answer.ifPresent(standing -> answers.put(node.nodeId(), standing))));
    }
    return CompletableFuture.allOf(asked.toArray(new CompletableFuture<?>[0]))
        .thenApply(done -> Map.copyOf(answers));
  }

  private CompletableFuture<Optional<NodeStanding>> ask(VoterAddress node, Duration timeout) {
    CompletableFuture<Optional<NodeStanding>> answer = new CompletableFuture<>();
    NodeServiceGrpc.newStub(channels.to(node.internal()))
        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .describeNode(
            DescribeNodeRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(DescribeNodeResponse response) {
                answer.complete(standing(response));
              }

              @Override
              public void onError(Throwable thrown) {
                LOG.debug("node {} does not answer: {}", node, Status.fromThrowable(thrown));
                answer.complete(Optional.empty());
              }

              @Override
              public void onCompleted() {
                answer.complete(Optional.empty());
              }
            });
    return answer;
  }

  private static Optional<UUID> directoryId(DescribeNodeResponse response) {
    return response.getDirectoryId().size() == 2 * Long.BYTES
        ? Optional.of(Uuids.fromBytes(response.getDirectoryId()))
        : Optional.empty();
  }

  private static Optional<NodeStanding> standing(DescribeNodeResponse response) {
    Optional<NodeStanding.Voter> voter =
        switch (response.getVoterState()) {
          case VOTER_STATE_UNFORMATTED -> Optional.of(NodeStanding.Voter.UNFORMATTED);
          case VOTER_STATE_PREPARED -> Optional.of(NodeStanding.Voter.PREPARED);
          case VOTER_STATE_BEGUN -> Optional.of(NodeStanding.Voter.BEGUN);
          case VOTER_STATE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        };
    return voter.map(
        state ->
            new NodeStanding(
                response.getNodeId(),
                response.getClusterId(),
                response.getProposedClusterId(),
                state,
                response.getVotersList(),
                directoryId(response)));
  }
}
