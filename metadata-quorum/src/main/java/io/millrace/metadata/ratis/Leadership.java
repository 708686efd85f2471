package io.millrace.metadata.ratis;

import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.jspecify.annotations.Nullable;

/** Who leads the quorum, as Ratis has it on one node when it is looked at. */
sealed interface Leadership {
  /** This node does, and has applied all that was committed before. */
  record Ours(long term) implements Leadership {}

  /** Another node does. */
  record Theirs(RaftPeerId leader) implements Leadership {}

  /** This node was elected and is not ready yet. */
  record Unready() implements Leadership {}

  /** Nobody does, as far as this node knows. */
  record Nobodys() implements Leadership {}

  /** What Ratis says now; takes none of its locks. */
  static Leadership of(DivisionInfo info, RaftPeerId self) {
    long term = info.getCurrentTerm();
    if (info.isLeaderReady()) {
      return new Ours(term);
    }
    @Nullable RaftPeerId leader = info.getLeaderId();
    if (leader == null) {
      return new Nobodys();
    }
    return leader.equals(self) ? new Unready() : new Theirs(leader);
  }
}
