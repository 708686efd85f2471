package io.millrace.client.api;

import java.util.List;

/**
 * The cluster.
 *
 * @param clusterId its id
 * @param controllerId the active controller's node id, or 0 when not known
 * @param brokers the registered brokers
 */
public record ClusterDescription(String clusterId, int controllerId, List<Broker> brokers) {
  public ClusterDescription {
    brokers = List.copyOf(brokers);
  }

  /**
   * A broker.
   *
   * @param nodeId its node id
   * @param address where its client listener is reached
   * @param rack its rack, or empty
   * @param fenced whether it may not lead now
   */
  public record Broker(int nodeId, BrokerAddress address, String rack, boolean fenced) {}
}
