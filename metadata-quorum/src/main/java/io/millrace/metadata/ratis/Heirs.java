package io.millrace.metadata.ratis;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.ratis.protocol.RaftPeerId;

/** Which voters can take the leadership over when the leader ends in order. */
final class Heirs {
  /** A voter answers twice a second; one that has been silent for so long may be gone. */
  private static final long ALIVE_MS = 2_000;

  private Heirs() {}

  /**
   * A voter besides the leader.
   *
   * @param silentMs how long it has not been heard of; negative if never
   * @param matchIndex up to where its log is known to be the leader's; negative if nowhere
   */
  record Candidate(RaftPeerId id, long silentMs, long matchIndex) {}

  /** Those that live, the one first that has the most of the log. */
  static List<RaftPeerId> inOrder(Collection<Candidate> candidates) {
    return candidates.stream()
        .filter(each -> each.silentMs() >= 0 && each.silentMs() < ALIVE_MS)
        .sorted(
            Comparator.comparingLong(Candidate::matchIndex)
                .reversed()
                .thenComparingLong(Candidate::silentMs))
        .map(Candidate::id)
        .toList();
  }
}
