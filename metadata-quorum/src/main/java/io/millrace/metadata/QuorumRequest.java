package io.millrace.metadata;

import java.util.UUID;

/** What an administrator asks of the quorum itself. */
public sealed interface QuorumRequest {
  /** How it is; answered by the node that leads. */
  record Describe() implements QuorumRequest {}

  /** Adds a voter, which waits for it with no members of its own. */
  record AddVoter(QuorumVoter voter) implements QuorumRequest {}

  /**
   * Removes a voter.
   *
   * @param directoryId which of the node's directories
   * @param unsafe also if too few of the others were heard of lately to go on
   */
  record RemoveVoter(int nodeId, UUID directoryId, boolean unsafe) implements QuorumRequest {}

  /** Makes another voter's controller the active one. */
  record Transfer(int nodeId) implements QuorumRequest {}
}
