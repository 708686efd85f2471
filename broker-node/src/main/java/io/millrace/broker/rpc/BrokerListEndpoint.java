package io.millrace.broker.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Broker;
import io.millrace.proto.v1.BrokerServiceGrpc;
import io.millrace.proto.v1.BrokerState;
import io.millrace.proto.v1.ListBrokersRequest;
import io.millrace.proto.v1.ListBrokersResponse;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Tells of the brokers, from the node's own image. Thread-safe. */
final class BrokerListEndpoint extends BrokerServiceGrpc.BrokerServiceImplBase {
  private final Supplier<MetadataImage> images;
  private final IntSupplier controller;
  private final Authorizer authorizer;

  /**
   * Makes the service.
   *
   * @param images the newest image here
   * @param controller the node whose controller is the active one, or 0
   */
  BrokerListEndpoint(
      Supplier<MetadataImage> images, IntSupplier controller, Authorizer authorizer) {
    this.images = images;
    this.controller = controller;
    this.authorizer = authorizer;
  }

  @Override
  public void listBrokers(ListBrokersRequest request, StreamObserver<ListBrokersResponse> call) {
    authorizer.check(RequestContext.current(), Operation.DESCRIBE, "");
    int size = Pages.size(request.getPageSize());
    int after = Pages.lastNumber(request.getPageToken());
    MetadataImage image = images.get();
    ListBrokersResponse.Builder page =
        ListBrokersResponse.newBuilder()
            .setRevision(image.revision())
            .setControllerId(controller.getAsInt());
    for (BrokerImage broker : image.brokers().tailMap(after + 1).values()) {
      if (page.getBrokersCount() == size) {
        int last = page.getBrokers(size - 1).getNodeId();
        page.setNextPageToken(Pages.token("" + last));
        break;
      }
      page.addBrokers(view(broker));
    }
    Replies.now(call, page.build());
  }

  private static Broker view(BrokerImage broker) {
    Broker.Builder view =
        Broker.newBuilder()
            .setNodeId(broker.id())
            .setState(state(broker))
            .setHost(broker.clientEndpoint().host())
            .setPort(broker.clientEndpoint().port())
            .setRack(broker.rack())
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
