package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.image.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The voters that the node is told of, checked. Immutable.
 *
 * @param nodeId this node
 * @param all as configured; empty when this node is the only one
 */
record NodeVoters(int nodeId, List<VoterAddress> all) {
  private static final int MOST = 7;

  NodeVoters {
    all = List.copyOf(all);
  }

  /**
   * Reads them from the settings.
   *
   * @throws StartException saying what is wrong
   */
  static NodeVoters of(EffectiveConfig config) {
    List<VoterAddress> all =
        config.get(QuorumVoterSettings.QUORUM_VOTERS).stream().map(NodeVoters::parse).toList();
    NodeVoters voters = new NodeVoters(config.get(NodeSettings.NODE_ID), all);
    voters.requireDistinct();
    voters.requireRole(NodeRole.of(config).contains(NodeRole.CONTROLLER));
    voters
        .own()
        .ifPresent(
            own -> {
              requireReachable(own.quorum(), ListenerSettings.LISTENER_QUORUM, config);
              requireReachable(own.internal(), ListenerSettings.LISTENER_INTERNAL, config);
            });
    return voters;
  }

  private static VoterAddress parse(String text) {
    try {
      return VoterAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private static StartException wrong(String what) {
    return new StartException(QuorumVoterSettings.QUORUM_VOTERS + ": " + what);
  }

  private void requireRole(boolean controller) {
    if (!controller && all.isEmpty()) {
      throw wrong("none, and this node is no controller (expected: the cluster's voters)");
    }
    if (!controller && own().isPresent()) {
      throw wrong(
          "node "
              + nodeId
              + " is among "
              + all
              + ", but no controller (expected: see "
              + NodeSettings.PROCESS_ROLES
              + ")");
    }
  }

  private void requireDistinct() {
    Map<Object, VoterAddress> seen = new HashMap<>();
    for (VoterAddress voter : all) {
      for (Object key : List.of(voter.nodeId(), voter.quorum(), voter.internal())) {
        VoterAddress other = seen.put(key, voter);
        if (other != null && !other.equals(voter)) {
          throw wrong(other + " and " + voter + " are both " + key + " (expected: each once)");
        } else if (other != null) {
          throw wrong(voter + " is named twice");
        }
      }
    }
  }

  /** A listener that the others can't reach would leave the cluster without this voter. */
  private static void requireReachable(
      Endpoint named, ConfigKey<ListenAddress> key, EffectiveConfig config) {
    ListenAddress listener = config.get(key);
    if (listener.port() != named.port()) {
      throw wrong(
          "this node is at "
              + named
              + ", but "
              + key
              + " is "
              + listener
              + " (expected: the same port)");
    }
    if (loopback(listener.host()) && !loopback(named.host())) {
      throw wrong(
          "this node is at "
              + named
              + ", but "
              + key
              + " is "
              + listener
              + ", which other machines can't reach (expected: an address of this machine, or"
              + " 0.0.0.0)");
    }
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }

  /** Whether this node is the only voter of its cluster. */
  boolean alone() {
    return all.isEmpty() || (all.size() == 1 && all.get(0).nodeId() == nodeId);
  }

  /** This node's own entry. */
  Optional<VoterAddress> own() {
    return all.stream().filter(voter -> voter.nodeId() == nodeId).findFirst();
  }

  /**
   * Refuses to begin a cluster that this node is not meant for.
   *
   * @throws StartException saying what to do
   */
  void requireOwn() {
    if (own().isEmpty()) {
      throw wrong(
          "node "
              + nodeId
              + " is not among "
              + all
              + ", see node.id. To make it a further voter of a cluster that has begun: `millrace"
              + " format --cluster-id ID --node-id "
              + nodeId
              + "`, start it, then `millrace quorum add` at any node");
    }
  }

  /** The other voters. */
  List<VoterAddress> others() {
    return all.stream().filter(voter -> voter.nodeId() != nodeId).toList();
  }

  /**
   * Refuses to begin a cluster with a number of voters that no one wants.
   *
   * @throws StartException saying why
   */
  void requireSoundNumber() {
    if (all.size() % 2 == 0 || all.size() > MOST) {
      throw wrong(
          all.size()
              + " voters: "
              + all
              + " (expected: 1, 3, 5 or 7; an even number survives no more losses than one less)");
    }
  }
}
