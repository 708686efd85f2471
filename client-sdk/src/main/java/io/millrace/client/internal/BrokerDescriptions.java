package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.BrokerDescription;
import io.millrace.client.api.BrokerDescription.Registration;
import io.millrace.client.api.BrokerDescription.Standing;
import io.millrace.client.api.BrokerDescription.State;
import io.millrace.proto.v1.Broker;
import io.millrace.proto.v1.BrokerState;
import java.util.Optional;

/** Brokers as the API's values. */
final class BrokerDescriptions {
  private BrokerDescriptions() {}

  /**
   * A broker.
   *
   * @param controllerId the node whose controller is the active one
   */
  static BrokerDescription broker(Broker broker, int controllerId) {
    return new BrokerDescription(
        broker.getNodeId(),
        new BrokerAddress(broker.getHost(), broker.getPort()),
        broker.getInternalPort() == 0
            ? Optional.empty()
            : Optional.of(new BrokerAddress(broker.getInternalHost(), broker.getInternalPort())),
        broker.getRack(),
        new Registration(
            broker.getBrokerEpoch(),
            Uuids.fromBytes(broker.getIncarnationId()),
            broker.getLogDirIdsList().stream().map(Uuids::fromBytes).toList(),
            broker.getMinFeatureLevel(),
            broker.getMaxFeatureLevel()),
        new Standing(
            state(broker.getState()), broker.getDrained(), broker.getNodeId() == controllerId));
  }

  private static State state(BrokerState state) {
    return switch (state) {
      case BROKER_STATE_ACTIVE -> State.ACTIVE;
      case BROKER_STATE_FENCED -> State.FENCED;
      case BROKER_STATE_IN_CONTROLLED_SHUTDOWN -> State.IN_CONTROLLED_SHUTDOWN;
      case BROKER_STATE_UNSPECIFIED, UNRECOGNIZED -> State.UNKNOWN;
    };
  }
}
