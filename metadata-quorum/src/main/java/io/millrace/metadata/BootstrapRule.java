package io.millrace.metadata;

import io.millrace.metadata.NodeStanding.Voter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Decides when a voter of a new cluster may format itself, and when it may begin. Stateless.
 *
 * <p>What it prevents: a voter that has lost its disk coming back as if it were new. Its vote could
 * elect a leader without entries that it had helped to commit. So
 *
 * <ol>
 *   <li>a voter prepares itself only when every other voter has answered and none has begun;
 *   <li>a prepared voter begins, which it writes down first, only when every other voter has
 *       answered and each is at least prepared.
 * </ol>
 *
 * <p>An entry is committed only when a majority has begun. A voter that comes back empty finds at
 * least one of the others of that majority, whichever it was, and goes no further.
 *
 * <p>A voter that has begun waits for nobody. It refuses only where all that answer are of another
 * cluster: its disk or its list is wrong.
 */
public final class BootstrapRule {
  private BootstrapRule() {}

  /** What a node is to do. */
  public sealed interface Decision {
    /** Format itself for the cluster. */
    record Prepare(String clusterId) implements Decision {}

    /** Take part. */
    record Begin() implements Decision {}

    /** Ask again later. */
    record Wait(String why) implements Decision {}

    /** End: waiting helps nothing. */
    record Refuse(String why) implements Decision {}
  }

  /**
   * Decides.
   *
   * @param own this node
   * @param voters all configured voters, this one among them
   * @param answers what the others have answered, by node id as configured
   */
  public static Decision decide(
      NodeStanding own, List<VoterAddress> voters, Map<Integer, NodeStanding> answers) {
    List<VoterAddress> others =
        voters.stream().filter(voter -> voter.nodeId() != own.nodeId()).toList();
    if (own.voter() == Voter.BEGUN) {
      return decideBegun(own, others, answers);
    }
    for (VoterAddress other : others) {
      NodeStanding answer = answers.get(other.nodeId());
      if (answer != null) {
        String wrong = contradiction(own, other, answer);
        if (!wrong.isEmpty()) {
          return new Decision.Refuse(wrong);
        }
      }
    }
    return own.voter() == Voter.PREPARED
        ? decidePrepared(others, answers)
        : decideUnformatted(own, others, answers);
  }

  private static String contradiction(NodeStanding own, VoterAddress asked, NodeStanding answer) {
    if (answer.nodeId() != asked.nodeId()) {
      return "quorum.voters says that "
          + asked.internal()
          + " is node "
          + asked.nodeId()
          + ", but node "
          + answer.nodeId()
          + " answers there";
    }
    if (ofAnotherCluster(own, answer)) {
      return anotherCluster(own, asked, answer);
    }
    boolean begins = answer.voter() != Voter.BEGUN;
    if (begins && !Set.copyOf(own.voters()).equals(Set.copyOf(answer.voters()))) {
      return "quorum.voters differs: node "
          + answer.nodeId()
          + " has "
          + answer.voters()
          + " (expected: "
          + own.voters()
          + ", as this node)";
    }
    return "";
  }

  private static boolean ofAnotherCluster(NodeStanding own, NodeStanding answer) {
    return !own.clusterId().isEmpty()
        && !answer.clusterId().isEmpty()
        && !own.clusterId().equals(answer.clusterId());
  }

  private static String anotherCluster(NodeStanding own, VoterAddress asked, NodeStanding answer) {
    return "node "
        + answer.nodeId()
        + " at "
        + asked.internal()
        + " belongs to the cluster "
        + answer.clusterId()
        + " (expected: "
        + own.clusterId()
        + ", as this node)";
  }

  /** It waits for nobody; but where only strangers answer, it has the wrong disk or list. */
  private static Decision decideBegun(
      NodeStanding own, List<VoterAddress> others, Map<Integer, NodeStanding> answers) {
    String wrong = "";
    for (VoterAddress other : others) {
      NodeStanding answer = answers.get(other.nodeId());
      if (answer != null && ofAnotherCluster(own, answer)) {
        wrong = anotherCluster(own, other, answer);
      } else if (answer != null) {
        return new Decision.Begin();
      }
    }
    return wrong.isEmpty() ? new Decision.Begin() : new Decision.Refuse(wrong);
  }

  private static Decision decidePrepared(
      List<VoterAddress> others, Map<Integer, NodeStanding> answers) {
    List<String> missing = new ArrayList<>();
    for (VoterAddress other : others) {
      NodeStanding answer = answers.get(other.nodeId());
      if (answer == null || answer.voter() == Voter.UNFORMATTED) {
        missing.add(other.toString());
      }
    }
    return missing.isEmpty()
        ? new Decision.Begin()
        : new Decision.Wait("the cluster begins when these voters are prepared too: " + missing);
  }

  private static Decision decideUnformatted(
      NodeStanding own, List<VoterAddress> others, Map<Integer, NodeStanding> answers) {
    List<NodeStanding> begun =
        answers.values().stream().filter(each -> each.voter() == Voter.BEGUN).toList();
    if (!begun.isEmpty()) {
      return new Decision.Wait(whatToRun(own, begun));
    }
    List<VoterAddress> silent =
        others.stream().filter(other -> !answers.containsKey(other.nodeId())).toList();
    if (!silent.isEmpty()) {
      return new Decision.Wait(
          "a new cluster begins when all its voters answer; these do not yet: " + silent);
    }
    Set<String> clusters =
        answers.values().stream()
            .map(NodeStanding::clusterId)
            .filter(id -> !id.isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    if (!own.clusterId().isEmpty()) {
      clusters.add(own.clusterId());
    }
    if (clusters.size() > 1) {
      return new Decision.Refuse(
          "the voters belong to different clusters: " + clusters + " (expected: one)");
    }
    return new Decision.Prepare(
        clusters.isEmpty() ? proposal(own, answers) : clusters.iterator().next());
  }

  private static String proposal(NodeStanding own, Map<Integer, NodeStanding> answers) {
    List<NodeStanding> all = new ArrayList<>(answers.values());
    all.add(own);
    return all.stream()
        .min(Comparator.comparingInt(NodeStanding::nodeId))
        .orElse(own)
        .proposedClusterId();
  }

  private static String whatToRun(NodeStanding own, List<NodeStanding> begun) {
    NodeStanding one = begun.get(0);
    return "this node is not formatted, and node "
        + one.nodeId()
        + " has begun already. If this node has served before, its metadata is lost: run `millrace"
        + " format --cluster-id "
        + one.clusterId()
        + " --node-id "
        + own.nodeId()
        + "`, start it, and replace its voter with `millrace quorum remove` and `add`. If it never"
        + " has, and the cluster is new: `millrace format --first --cluster-id "
        + one.clusterId()
        + " --node-id "
        + own.nodeId()
        + "`";
  }
}
