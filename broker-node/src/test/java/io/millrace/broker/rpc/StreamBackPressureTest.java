package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.broker.rpc.wire.InboundProduce;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.SubscribePartition;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** A client that sends and does not read: its answers must not pile up in the server. */
class StreamBackPressureTest {
  private static final int WINDOW = 4;
  private static final int MESSAGES = 100;
  private static final ByteString TOPIC = ByteString.copyFrom(new byte[16]);

  private final FakePartitions partitions = new FakePartitions();

  @Test
  void aFetchStreamIsReadNoFurtherWhileItsClientDoesNotRead() {
    FakeCall<FetchFrame> call = new FakeCall<>(WINDOW);
    StreamObserver<FetchStreamRequest> inbound =
        new FetchStreamSession(partitions.fetchDeps(), InFlightBytes.total(1 << 20), call).start();
    inbound.onNext(
        FetchStreamRequest.newBuilder()
            .setOpen(FetchStreamOpen.newBuilder().setCreditBytes(1_000))
            .build());
    call.asked--;
    sendAll(call, inbound, StreamBackPressureTest::subscribe);
  }

  @Test
  void aProduceStreamIsReadNoFurtherWhileItsClientDoesNotRead() {
    FakeCall<ProduceStreamResponse> call = new FakeCall<>(WINDOW);
    StreamObserver<InboundProduce> inbound =
        new ProduceStreamSession(partitions.produceDeps(), InFlightBytes.total(1 << 20), call);
    inbound.onNext(
        inbound(
            ProduceStreamRequest.newBuilder()
                .setOpen(ProduceStreamOpen.newBuilder().setAcks(Acks.ACKS_ALL))));
    call.asked--;
    call.read();
    sendAll(call, inbound, StreamBackPressureTest::frame);
  }

  /** Each message is answered by one; none comes that was not asked for. */
  private static <Q, A> void sendAll(
      FakeCall<A> call, StreamObserver<Q> inbound, LongFunction<Q> message) {
    int answered = 0;
    for (long id = 1; id <= MESSAGES; id++) {
      if (call.asked == 0) {
        assertThat(call.unread).hasSize(WINDOW);
        answered += call.read().size();
      }
      assertThat(call.asked).as("asked for after %d messages", id).isEqualTo(1);
      call.asked--;
      inbound.onNext(message.apply(id));
      assertThat(call.unread).hasSizeLessThanOrEqualTo(WINDOW);
    }
    inbound.onCompleted();
    answered += call.read().size();
    assertThat(answered + call.unread.size()).isEqualTo(MESSAGES);
    assertThat(call.completed).isTrue();
  }

  private static FetchStreamRequest subscribe(long id) {
    return FetchStreamRequest.newBuilder()
        .setSubscribe(
            SubscribePartition.newBuilder()
                .setSubscriptionId(id)
                .setPartition(Api.at(TOPIC, (int) id, 0)))
        .build();
  }

  private static InboundProduce frame(long id) {
    return inbound(
        ProduceStreamRequest.newBuilder()
            .setFrame(
                ProduceFrame.newBuilder()
                    .setFrameId(id)
                    .setBatch(Api.partitionBatch(TOPIC, (int) id, Api.batch("a")))));
  }

  private static InboundProduce inbound(ProduceStreamRequest.Builder message) {
    return new InboundProduce(message.build(), 100, () -> {});
  }
}
