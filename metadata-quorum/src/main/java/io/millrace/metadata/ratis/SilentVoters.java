package io.millrace.metadata.ratis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.ratis.protocol.RaftPeerId;

/**
 * What the leader's log tells of voters that are away: one line when a voter falls silent and one
 * when it is back, where Ratis would write one for each attempt to reach it. Confined to the
 * watchdog's thread.
 */
final class SilentVoters {
  /** Twice the longest election time-out, and longer than a restart should take. */
  static final long SILENT_MS = 5_000;

  private final Set<RaftPeerId> silent = new HashSet<>();

  /**
   * Looks once more.
   *
   * @param silenceMs how long ago each other voter was last heard of; empty on a node that does not
   *     lead, which forgets them all
   * @return lines for the log
   */
  List<String> look(Map<RaftPeerId, Long> silenceMs) {
    silent.retainAll(silenceMs.keySet());
    List<String> lines = new ArrayList<>();
    silenceMs.keySet().stream()
        .sorted(Comparator.comparingInt(Peers::nodeId))
        .forEach(voter -> look(voter, silenceMs.getOrDefault(voter, 0L), lines));
    return lines;
  }

  private void look(RaftPeerId voter, long silentMs, List<String> lines) {
    if (silentMs >= SILENT_MS && silent.add(voter)) {
      lines.add("voter " + Peers.nodeId(voter) + " has not been heard of for " + silentMs + " ms");
    } else if (silentMs < SILENT_MS && silent.remove(voter)) {
      lines.add("voter " + Peers.nodeId(voter) + " is back");
    }
  }
}
