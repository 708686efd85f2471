package io.millrace.broker.rpc;

import io.millrace.common.MillraceError;
import io.millrace.metadata.QuorumAnswer.Described;
import io.millrace.metadata.QuorumAnswer.VoterView;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.Health;
import io.millrace.proto.v1.HealthProblem;
import io.millrace.proto.v1.HealthProblemKind;
import io.millrace.proto.v1.HealthVerdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Puts the verdict on a cluster together. Stateless. */
final class ClusterHealth {
  /** A voter that was not heard of for so long is away; heartbeats come several times a second. */
  static final long VOTER_AWAY_MS = 5_000;

  /** A voter that lacks so many entries is behind: in a busy cluster a second's worth or more. */
  static final long VOTER_LAG_ENTRIES = 1_000;

  private ClusterHealth() {}

  /**
   * What is known of the quorum.
   *
   * @param health as this node sees it
   * @param described as the active controller sees it; empty if it did not answer
   * @param voters how many there are
   * @param silent the voters that this node asked because the controller did not answer, and that
   *     did not answer either
   */
  record QuorumView(
      QuorumHealth health, Optional<Described> described, int voters, List<Integer> silent) {}

  /** The verdict on an image whose partitions were looked at. */
  static Health of(
      int nodeId, MetadataImage image, PartitionScan scan, QuorumView quorum, int most) {
    List<HealthProblem> problems = new ArrayList<>();
    addQuorum(problems, quorum, most);
    scan.addTo(problems, most);
    problems.sort(Comparator.comparing((HealthProblem p) -> p.getVerdict()).reversed());
    return Health.newBuilder()
        .setVerdict(
            problems.isEmpty() ? HealthVerdict.HEALTH_VERDICT_OK : problems.get(0).getVerdict())
        .addAllProblems(problems)
        .setNodeId(nodeId)
        .setRevision(image.revision())
        .setControllerId(quorum.described().map(Described::controllerId).orElse(0))
        .setVoters(quorum.voters())
        .setBrokers(image.brokers().size())
        .setTopics(image.topics().byId().size())
        .setPartitions(image.topics().partitionCount())
        .build();
  }

  private static void addQuorum(List<HealthProblem> problems, QuorumView quorum, int most) {
    if (quorum.described().isEmpty()) {
      problems.add(
          problem(
                  HealthProblemKind.HEALTH_PROBLEM_KIND_NO_CONTROLLER,
                  HealthVerdict.HEALTH_VERDICT_DOWN,
                  1)
              .setMessage(noController(quorum))
              .build());
      addVoters(
          problems,
          HealthProblemKind.HEALTH_PROBLEM_KIND_VOTERS_AWAY,
          quorum.silent(),
          amount(quorum.silent().size(), "voter does", "voters do") + " not answer",
          most);
      return;
    }
    List<VoterView> voters = quorum.described().get().voters();
    List<Integer> away = nodes(voters, voter -> voter.lastContactMs() > VOTER_AWAY_MS);
    addVoters(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_VOTERS_AWAY,
        away,
        amount(away.size(), "voter has", "voters have")
            + " not been heard of for more than "
            + VOTER_AWAY_MS / 1_000
            + " s",
        most);
    List<Integer> lagging =
        nodes(
            voters,
            voter -> voter.lagEntries() > VOTER_LAG_ENTRIES && !away.contains(voter.nodeId()));
    addVoters(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_VOTERS_LAGGING,
        lagging,
        amount(lagging.size(), "voter lacks", "voters lack")
            + " more than "
            + VOTER_LAG_ENTRIES
            + " entries of the metadata log",
        most);
  }

  private static String noController(QuorumView quorum) {
    QuorumHealth health = quorum.health();
    if (quorum.silent().size() * 2 >= quorum.voters() && quorum.voters() > 0) {
      return "no controller is active: %d of %d voters do not answer"
          .formatted(quorum.silent().size(), quorum.voters());
    } else if (health.controllerId() != 0) {
      return "the controller of node " + health.controllerId() + " does not answer";
    }
    return "no controller is active: "
        + (health.state() == QuorumHealth.State.NO_CONTROLLER
            ? "an election is under way"
            : health.detail());
  }

  private static List<Integer> nodes(List<VoterView> voters, Predicate<VoterView> which) {
    return voters.stream().filter(which).map(VoterView::nodeId).toList();
  }

  private static void addVoters(
      List<HealthProblem> problems,
      HealthProblemKind kind,
      List<Integer> nodes,
      String message,
      int most) {
    if (!nodes.isEmpty()) {
      problems.add(
          problem(kind, HealthVerdict.HEALTH_VERDICT_DEGRADED, nodes.size())
              .setMessage(message)
              .addAllNames(nodes.stream().limit(most).map(String::valueOf).toList())
              .build());
    }
  }

  static HealthProblem.Builder problem(HealthProblemKind kind, HealthVerdict verdict, int count) {
    return HealthProblem.newBuilder().setKind(kind).setVerdict(verdict).setCount(count);
  }

  /** Such as {@code 1 voter} and {@code 2 voters}. */
  static String amount(int count, String one, String several) {
    return count + " " + (count == 1 ? one : several);
  }

  /** What a name is followed by when it needs a reason. */
  static String because(String name, MillraceError why) {
    String message = why.message();
    int colon = message.indexOf(": ");
    return name + ": " + (colon < 0 ? message : message.substring(colon + 2));
  }
}
