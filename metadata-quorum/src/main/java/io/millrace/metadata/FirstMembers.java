package io.millrace.metadata;

import java.util.List;

/**
 * What a voter's quorum consists of when its log begins. From then on the quorum itself keeps who
 * its members are, and this is never looked at again.
 */
public sealed interface FirstMembers {
  /** Only the voter itself, which no other node can reach. */
  record Alone() implements FirstMembers {}

  /**
   * The voters that a new cluster begins with, this one among them.
   *
   * @param voters at least one
   */
  record Voters(List<QuorumVoter> voters) implements FirstMembers {
    public Voters {
      voters = List.copyOf(voters);
      if (voters.isEmpty()) {
        throw new IllegalArgumentException("voters: none (expected: at least one)");
      }
    }
  }

  /** None: the voter waits until the quorum adds it. It can't vote before. */
  record Joining() implements FirstMembers {}
}
