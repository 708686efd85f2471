package io.millrace.metadata;

/**
 * How the controller's runtime goes about its work.
 *
 * @param nodeId this node's id
 * @param maxWaitingCommands how many commands may wait; more are refused with THROTTLED
 * @param proposalTimeoutMs how long an entry may take to be committed; after it, its outcome is
 *     unknown and the controller steps down
 * @param idleEntryIntervalMs an idle log gets an entry this often
 */
public record QuorumSettings(
    int nodeId, int maxWaitingCommands, long proposalTimeoutMs, long idleEntryIntervalMs) {

  /** For a node: 4,096 commands, 10 s for an entry, an entry each minute when idle. */
  public static QuorumSettings forNode(int nodeId) {
    return new QuorumSettings(nodeId, 4_096, 10_000, 60_000);
  }

  public QuorumSettings {
    if (nodeId < 1 || maxWaitingCommands < 1 || proposalTimeoutMs < 1 || idleEntryIntervalMs < 1) {
      throw new IllegalArgumentException(
          "nodeId: "
              + nodeId
              + ", maxWaitingCommands: "
              + maxWaitingCommands
              + ", proposalTimeoutMs: "
              + proposalTimeoutMs
              + ", idleEntryIntervalMs: "
              + idleEntryIntervalMs
              + " (expected: all >= 1)");
    }
  }
}
