package io.millrace.metadata;

import java.util.List;

/**
 * What a voter's quorum consists of when its log begins. From then on the quorum itself keeps who
 * its members are, and this is never looked at again.
 */
public sealed interface FirstMembers {
  /** Only the voter itself: a cluster of one. */
  record Alone() implements FirstMembers {}

  /**
   * The voters that a new cluster begins with, this one among them.
   *
   * @param voters at least two, by node id
   */
  record Voters(List<QuorumVoter> voters) implements FirstMembers {
    public Voters {
      voters = List.copyOf(voters);
      if (voters.size() < 2) {
        throw new IllegalArgumentException("voters: " + voters + " (expected: at least two)");
      }
    }
  }

  /** None: the voter waits until the quorum adds it. It can't vote before. */
  record Joining() implements FirstMembers {}
}
