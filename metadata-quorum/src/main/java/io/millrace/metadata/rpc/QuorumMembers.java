package io.millrace.metadata.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.NodeStanding;
import io.millrace.metadata.QuorumAdmin;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumAnswer.Refused;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.QuorumRequest.AddVoter;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.VoterAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The quorum's voters as administrators deal with them. Thread-safe. */
public final class QuorumMembers {
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(3);

  private final String clusterId;
  private final QuorumAdmin admin;
  private final NodeProbe probe;
  private final Supplier<List<VoterAddress>> voters;

  /**
   * Makes it.
   *
   * @param voters where the voters are, as far as this node knows
   */
  public QuorumMembers(
      String clusterId, QuorumAdmin admin, NodeProbe probe, Supplier<List<VoterAddress>> voters) {
    this.clusterId = clusterId;
    this.admin = admin;
    this.probe = probe;
    this.voters = voters;
  }

  /** Carries out a request; always completes with a value. */
  public CompletableFuture<QuorumAnswer> administer(QuorumRequest request, Duration timeout) {
    return admin.administer(request, timeout);
  }

  /** The voters, as far as this node knows. */
  public List<VoterAddress> known() {
    return voters.get();
  }

  /** The node ids of the voters that do not answer in time, in their order; never fails. */
  public CompletableFuture<List<Integer>> silent(Duration timeout) {
    List<Integer> all = known().stream().map(VoterAddress::nodeId).sorted().toList();
    return probe
        .ask(known(), timeout)
        .thenApply(answers -> all.stream().filter(id -> !answers.containsKey(id)).toList());
  }

  /**
   * Adds a voter: asks the node which directory it has, and whether it is one of ours.
   *
   * @param address where the new voter is reached
   */
  public CompletableFuture<QuorumAnswer> add(VoterAddress address, Duration timeout) {
    return probe
        .ask(List.of(address), PROBE_TIMEOUT)
        .thenCompose(
            answers -> {
              Optional<NodeStanding> node = Optional.ofNullable(answers.get(address.nodeId()));
              Optional<String> refusal = refusal(address, node);
              if (refusal.isPresent()) {
                return CompletableFuture.completedFuture(
                    new Refused(new MillraceError(ErrorCode.INVALID_REQUEST, refusal.get())));
              }
              return node.flatMap(NodeStanding::directoryId)
                  .map(id -> new AddVoter(new QuorumVoter(id, address)))
                  .map(add -> admin.administer(add, timeout))
                  .orElseThrow();
            });
  }

  private Optional<String> refusal(VoterAddress address, Optional<NodeStanding> found) {
    if (found.isEmpty()) {
      return Optional.of(
          "no node answers at "
              + address.internal()
              + " (expected: node "
              + address.nodeId()
              + ", running)");
    }
    NodeStanding node = found.get();
    if (node.nodeId() != address.nodeId()) {
      return Optional.of(
          "node "
              + node.nodeId()
              + " answers at "
              + address.internal()
              + " (expected: node "
              + address.nodeId()
              + ")");
    }
    if (node.directoryId().isEmpty()) {
      return Optional.of(
          "node "
              + node.nodeId()
              + " is not formatted (expected: `millrace format --cluster-id "
              + clusterId
              + " --node-id "
              + node.nodeId()
              + "` first)");
    }
    if (!node.clusterId().equals(clusterId)) {
      return Optional.of(
          "node "
              + node.nodeId()
              + " belongs to the cluster "
              + node.clusterId()
              + " (expected: "
              + clusterId
              + ")");
    }
    if (node.voter() != NodeStanding.Voter.BEGUN) {
      return Optional.of(
          "node "
              + node.nodeId()
              + " can't be a voter (expected: the controller among its"
              + " process.roles)");
    }
    return Optional.empty();
  }
}
