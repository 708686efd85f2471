package io.millrace.client.api;

import java.util.List;

/**
 * The metadata quorum, as the node sees it whose controller is active.
 *
 * @param controllerId that node
 * @param controllerEpoch the epoch of its controller
 * @param voters all voters by node id
 */
public record QuorumDescription(int controllerId, long controllerEpoch, List<Voter> voters) {
  public QuorumDescription {
    voters = List.copyOf(voters);
  }

  /**
   * A voter.
   *
   * @param nodeId its node
   * @param directoryId the id of the data directory that holds its metadata, a UUID
   * @param quorumAddress its quorum listener, host:port
   * @param internalAddress its internal listener, host:port; empty if it is not known
   * @param lastContactMs how long ago it was last heard of, milliseconds; -1 if that is not known
   * @param lagEntries how many entries of the metadata log it lacks; -1 if that is not known
   */
  public record Voter(
      int nodeId,
      String directoryId,
      String quorumAddress,
      String internalAddress,
      long lastContactMs,
      long lagEntries) {}
}
