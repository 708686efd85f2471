package io.millrace.metadata.image;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A registered broker.
 *
 * @param id the node id, at least 1
 * @param registration which process registered and when
 * @param clientEndpoint where clients reach it
 * @param internalEndpoint where brokers and controllers reach it, if it has such a listener
 * @param rack its rack, or empty
 * @param features the feature levels that it can run at
 * @param state what it may do
 */
public record BrokerImage(
    int id,
    BrokerRegistration registration,
    Endpoint clientEndpoint,
    Optional<Endpoint> internalEndpoint,
    String rack,
    FeatureRange features,
    BrokerState state) {

  public BrokerImage {
    if (id < 1) {
      throw new IllegalArgumentException("broker id: " + id + " (expected: >= 1)");
    }
  }

  /** The registration's epoch: what later requests of this process name. */
  public long epoch() {
    return registration.epoch();
  }

  /** The ids of its online log directories. */
  public List<UUID> directories() {
    return registration.directories();
  }

  /** Whether it may neither lead nor be in sync. */
  public boolean fenced() {
    return state == BrokerState.FENCED;
  }

  /** Whether it may lead and be given replicas. */
  public boolean active() {
    return state == BrokerState.ACTIVE;
  }

  BrokerImage withState(BrokerState newState) {
    return new BrokerImage(
        id, registration, clientEndpoint, internalEndpoint, rack, features, newState);
  }

  BrokerImage withDirectories(List<UUID> directories) {
    BrokerRegistration changed =
        new BrokerRegistration(registration.epoch(), registration.incarnationId(), directories);
    return new BrokerImage(id, changed, clientEndpoint, internalEndpoint, rack, features, state);
  }
}
