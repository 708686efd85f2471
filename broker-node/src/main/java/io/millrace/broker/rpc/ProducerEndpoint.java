package io.millrace.broker.rpc;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.broker.rpc.wire.InboundProduce;
import io.millrace.broker.rpc.wire.InboundProduceMarshaller;
import io.millrace.broker.rpc.wire.ServiceBinding;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.proto.v1.InitProducerRequest;
import io.millrace.proto.v1.InitProducerResponse;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;

/** Takes records in. Thread-safe. */
final class ProducerEndpoint implements BindableService, ProducerServiceGrpc.AsyncService {
  private static final int MAX_EPOCH = Short.MAX_VALUE;

  private final ProduceDeps deps;
  private final ProducerIds producerIds;
  private final Publisher publisher;
  private final InboundProduceMarshaller inbound = new InboundProduceMarshaller();

  ProducerEndpoint(ProduceDeps deps, ProducerIds producerIds, Publisher publisher) {
    this.deps = deps;
    this.producerIds = producerIds;
    this.publisher = publisher;
  }

  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<?, ProduceStreamResponse> generated =
        ProducerServiceGrpc.getProduceStreamMethod();
    return ServiceBinding.replace(
        ProducerServiceGrpc.bindService(this),
        ServiceBinding.bidirectional(
            generated, inbound, generated.getResponseMarshaller(), this::openStream));
  }

  @Override
  public void initProducer(InitProducerRequest request, StreamObserver<InitProducerResponse> call) {
    deps.authorizer().check(RequestContext.current(), Operation.WRITE, "");
    BatchIntake.requireNoTransaction(request.getTransactionalId());
    checkIdentity(
        Requests.notNegative("producer_id", request.getProducerId()),
        Requests.notNegative("producer_epoch", request.getProducerEpoch()));
    if (request.getProducerId() > 0 && request.getProducerEpoch() < MAX_EPOCH) {
      Replies.now(call, identity(request.getProducerId(), request.getProducerEpoch() + 1));
      return;
    }
    Replies.when(call, producerIds.next().thenApply(id -> identity(id, 0)));
  }

  private void checkIdentity(long id, int epoch) {
    if (id > 0 && !producerIds.allocated(id)) {
      throw new MillraceError(
              ErrorCode.INVALID_REQUEST,
              "producer_id: "
                  + id
                  + " (expected: one that this cluster gave out, or 0 for a new one)")
          .exception();
    }
    if (epoch > MAX_EPOCH) {
      throw new MillraceError(
              ErrorCode.INVALID_REQUEST,
              "producer_epoch: " + epoch + " (expected: [0, " + MAX_EPOCH + "])")
          .exception();
    }
  }

  @Override
  public void produce(ProduceRequest request, StreamObserver<ProduceResponse> call) {
    ProduceCall produce = new ProduceCall(deps, request);
    long bytes =
        request.getBatchesList().stream().mapToLong(batch -> batch.getRecords().size()).sum();
    Replies.when(call, ByteBudgets.KEY.get().whileUnanswered(bytes, () -> produce.start(request)));
  }

  private StreamObserver<InboundProduce> openStream(StreamObserver<ProduceStreamResponse> call) {
    return new ProduceStreamSession(
        deps,
        ByteBudgets.KEY.get().produce(),
        (ServerCallStreamObserver<ProduceStreamResponse>) call);
  }

  @Override
  public void publish(PublishRequest request, StreamObserver<PublishResponse> call) {
    deps.authorizer().check(RequestContext.current(), Operation.WRITE, request.getTopic());
    // The records are there twice: in the message, and in the batches that are made of them.
    long bytes = 2L * request.getSerializedSize();
    Replies.when(
        call, ByteBudgets.KEY.get().whileUnanswered(bytes, () -> publisher.publish(request)));
  }

  private static InitProducerResponse identity(long id, int epoch) {
    return InitProducerResponse.newBuilder().setProducerId(id).setProducerEpoch(epoch).build();
  }
}
