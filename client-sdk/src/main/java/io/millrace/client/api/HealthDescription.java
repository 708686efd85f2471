package io.millrace.client.api;

import java.util.List;

/**
 * How the cluster is, as one node knows it.
 *
 * @param verdict that of the worst problem
 * @param problems what is wrong, the worst first
 * @param nodeId the node that answered
 * @param revision the revision of its metadata
 * @param controllerId the active controller's node id, or 0 when none is known
 * @param counts how much there is of what
 */
public record HealthDescription(
    Verdict verdict,
    List<Problem> problems,
    int nodeId,
    long revision,
    int controllerId,
    Counts counts) {
  /** How bad it is. */
  public enum Verdict {
    /** Nothing is wrong. */
    OK,
    /** Everything is served, but something is missing that a further loss may need. */
    DEGRADED,
    /** Something that clients or administrators ask for is refused. */
    DOWN
  }

  /**
   * One thing that is wrong.
   *
   * @param kind what it is, such as {@code PARTITIONS_OFFLINE}: a value of {@code
   *     millrace.v1.HealthProblemKind}
   * @param verdict how bad it is
   * @param count how many of them there are
   * @param message one sentence for a person
   * @param names the first of them by name
   */
  public record Problem(
      String kind, Verdict verdict, int count, String message, List<String> names) {
    public Problem {
      names = List.copyOf(names);
    }
  }

  /**
   * How much there is of what.
   *
   * @param voters of the metadata quorum
   * @param brokers that are registered
   * @param topics all topics
   * @param partitions of all topics
   */
  public record Counts(int voters, int brokers, int topics, int partitions) {}

  public HealthDescription {
    problems = List.copyOf(problems);
  }
}
