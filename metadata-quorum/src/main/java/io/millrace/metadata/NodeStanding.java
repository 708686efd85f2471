package io.millrace.metadata;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * How far a node has come as a voter: what the first voters of a cluster tell each other.
 *
 * @param clusterId the cluster that it belongs to or is told to belong to; empty if neither
 * @param proposedClusterId the id that it would give a new cluster
 * @param voter how far it has come
 * @param voters the voters that it is told of
 * @param directoryId the id of the directory that holds its metadata, once it is formatted
 */
public record NodeStanding(
    int nodeId,
    String clusterId,
    String proposedClusterId,
    Voter voter,
    List<String> voters,
    Optional<UUID> directoryId) {

  /** How far a node has come as a voter. */
  public enum Voter {
    /** Its directory was never formatted: it can have taken part in nothing, or has lost it. */
    UNFORMATTED,
    /** It has prepared itself, and takes part in nothing before all voters have. */
    PREPARED,
    /** It may have taken part. */
    BEGUN
  }

  public NodeStanding {
    voters = List.copyOf(voters);
  }

  /** The same with a directory that is formatted for a cluster, and how far it has come. */
  public NodeStanding with(String cluster, UUID directory, Voter state) {
    return new NodeStanding(
        nodeId, cluster, proposedClusterId, state, voters, Optional.of(directory));
  }
}
