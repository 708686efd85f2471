package io.millrace.metadata;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.UUID;

/** What became of a {@link QuorumRequest}. */
public sealed interface QuorumAnswer {
  /** Nothing was changed, or (OUTCOME_UNKNOWN) it can't be told whether anything was. */
  record Refused(MillraceError error) implements QuorumAnswer {}

  /**
   * The quorum, as the node that leads sees it, after the change if one was asked for.
   *
   * @param controllerId the node whose controller is active
   * @param controllerEpoch its epoch
   * @param voters all voters
   */
  record Described(int controllerId, long controllerEpoch, List<VoterView> voters)
      implements QuorumAnswer {
    public Described {
      voters = List.copyOf(voters);
    }
  }

  /**
   * A voter.
   *
   * @param nodeId the node
   * @param directoryId the directory that holds its metadata
   * @param quorum its quorum listener, host:port
   * @param internal its internal listener, host:port; empty if it is not known
   * @param lastContactMs how long ago the leader last heard of it; 0 for the leader itself; -1 if
   *     that is not known
   * @param lagEntries how many entries of the log it lacks; -1 if that is not known
   */
  record VoterView(
      int nodeId,
      UUID directoryId,
      String quorum,
      String internal,
      long lastContactMs,
      long lagEntries) {}
}
