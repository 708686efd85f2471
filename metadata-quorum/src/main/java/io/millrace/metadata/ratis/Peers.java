package io.millrace.metadata.ratis;

import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.VoterAddress;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;

/**
 * Voters as Ratis's peers. The peer's id is {@code <node id>-<directory id>}; its address is the
 * quorum listener, and its client address, which Ratis keeps and does not use, the internal one. So
 * the membership that Ratis replicates tells everything of a voter. Stateless.
 */
final class Peers {
  private static final char SEPARATOR = '-';

  private Peers() {}

  static RaftPeerId id(int nodeId, UUID directoryId) {
    return RaftPeerId.valueOf("" + nodeId + SEPARATOR + directoryId);
  }

  static int nodeId(RaftPeerId peer) {
    String id = peer.toString();
    return Integer.parseInt(id.substring(0, id.indexOf(SEPARATOR)));
  }

  static UUID directoryId(RaftPeerId peer) {
    String id = peer.toString();
    return UUID.fromString(id.substring(id.indexOf(SEPARATOR) + 1));
  }

  /** The voter; empty if the peer has no internal listener's address, as one that is alone. */
  static Optional<QuorumVoter> voter(RaftPeer peer) {
    String internal = peer.getClientAddress();
    if (internal == null || internal.isEmpty()) {
      return Optional.empty();
    }
    int nodeId = nodeId(peer.getId());
    String internalPort = internal.substring(internal.lastIndexOf(':'));
    VoterAddress address = VoterAddress.parse(nodeId + "@" + peer.getAddress() + internalPort);
    return Optional.of(new QuorumVoter(directoryId(peer.getId()), address));
  }

  static RaftPeer peer(QuorumVoter voter) {
    return RaftPeer.newBuilder()
        .setId(id(voter.nodeId(), voter.directoryId()))
        .setAddress(voter.address().quorum().toString())
        .setClientAddress(voter.address().internal().toString())
        .build();
  }
}
