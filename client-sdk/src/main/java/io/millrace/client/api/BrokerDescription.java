package io.millrace.client.api;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A registered broker.
 *
 * @param nodeId its node id
 * @param address where its client listener is reached
 * @param internalAddress where other nodes reach it, if it has such a listener
 * @param rack its rack, or empty
 * @param registration which process of it registered
 * @param standing what it may do
 */
public record BrokerDescription(
    int nodeId,
    BrokerAddress address,
    Optional<BrokerAddress> internalAddress,
    String rack,
    Registration registration,
    Standing standing) {

  /** What it may do. */
  public State state() {
    return standing.state();
  }

  /** Whether its node's controller is the active one. */
  public boolean controller() {
    return standing.controller();
  }

  /**
   * What a broker may do.
   *
   * @param state whether it may lead and be in sync
   * @param drained whether it is to lead nothing that another one can
   * @param controller whether its node's controller is the active one
   */
  public record Standing(State state, boolean drained, boolean controller) {}

  /** What a broker may do. */
  public enum State {
    /** Lead and be in sync. */
    ACTIVE,
    /** Neither: its process has ended or is silent, or has only begun. */
    FENCED,
    /** It is about to stop and hands over what it leads. */
    IN_CONTROLLED_SHUTDOWN,
    /** Something that this version of the client does not know. */
    UNKNOWN
  }

  /**
   * A registration.
   *
   * @param epoch grows with each process of the broker
   * @param incarnationId drawn anew by each process
   * @param logDirIds the ids of its online log directories
   * @param minFeatureLevel the lowest feature level that it can run at
   * @param maxFeatureLevel the highest
   */
  public record Registration(
      long epoch,
      UUID incarnationId,
      List<UUID> logDirIds,
      int minFeatureLevel,
      int maxFeatureLevel) {
    public Registration {
      logDirIds = List.copyOf(logDirIds);
    }
  }
}
