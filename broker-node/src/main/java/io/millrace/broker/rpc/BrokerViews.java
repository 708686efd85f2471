package io.millrace.broker.rpc;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Broker;
import io.millrace.proto.v1.BrokerState;
import io.millrace.proto.v1.ListBrokersRequest;
import io.millrace.proto.v1.ListBrokersResponse;

/** Brokers as clients see them. Stateless. */
final class BrokerViews {
  private BrokerViews() {}

  /**
   * One page of brokers by node id. The token is the last id of the page before.
   *
   * @param controller the node whose controller is the active one, or 0
   */
  static ListBrokersResponse page(MetadataImage image, int controller, ListBrokersRequest request) {
    int size = Pages.size(request.getPageSize());
    int after = Pages.lastNumber(request.getPageToken());
    ListBrokersResponse.Builder page =
        ListBrokersResponse.newBuilder().setRevision(image.revision()).setControllerId(controller);
    for (BrokerImage broker : image.brokers().tailMap(after, false).values()) {
      if (page.getBrokersCount() == size) {
        int last = page.getBrokers(size - 1).getNodeId();
        return page.setNextPageToken(Pages.token("" + last)).build();
      }
      page.addBrokers(view(image, broker));
    }
    return page.build();
  }

  /** One broker. */
  static Broker view(MetadataImage image, BrokerImage broker) {
    Broker.Builder view =
        Broker.newBuilder()
            .setNodeId(broker.id())
            .setState(state(broker))
            .setHost(broker.clientEndpoint().host())
            .setPort(broker.clientEndpoint().port())
            .setRack(broker.rack())
            .setDrained(image.drained(broker.id()))
            .setBrokerEpoch(broker.epoch())
            .setIncarnationId(Uuids.toBytes(broker.registration().incarnationId()))
            .setMinFeatureLevel(broker.features().min())
            .setMaxFeatureLevel(broker.features().max());
    broker
        .internalEndpoint()
        .ifPresent(
            internal -> view.setInternalHost(internal.host()).setInternalPort(internal.port()));
    broker.directories().forEach(id -> view.addLogDirIds(Uuids.toBytes(id)));
    return view.build();
  }

  private static BrokerState state(BrokerImage broker) {
    return switch (broker.state()) {
      case ACTIVE -> BrokerState.BROKER_STATE_ACTIVE;
      case FENCED -> BrokerState.BROKER_STATE_FENCED;
      case IN_CONTROLLED_SHUTDOWN -> BrokerState.BROKER_STATE_IN_CONTROLLED_SHUTDOWN;
    };
  }
}
