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
 * @param fenced true while it may not lead
 */
public record BrokerImage(
    int id,
    BrokerRegistration registration,
    Endpoint clientEndpoint,
    Optional<Endpoint> internalEndpoint,
    String rack,
    FeatureRange features,
    boolean fenced) {

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

  BrokerImage withFenced(boolean nowFenced) {
    return new BrokerImage(
        id, registration, clientEndpoint, internalEndpoint, rack, features, nowFenced);
  }
}
