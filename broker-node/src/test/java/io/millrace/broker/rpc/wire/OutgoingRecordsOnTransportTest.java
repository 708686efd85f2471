package io.millrace.broker.rpc.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.stub.StreamObserver;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Messages whose memory the real transport takes over, and how it gives it back. */
class OutgoingRecordsOnTransportTest {
  private static final int BYTES = 500_000;
  private static final int WINDOW_BYTES = 65_535;

  private final TransportAllocator allocator = new TransportAllocator(1, 1, 8_192, 11);
  private final CompletableFuture<StreamObserver<FetchFrame>> opened = new CompletableFuture<>();
  private final BlockingQueue<FetchStreamResponse> received = new LinkedBlockingQueue<>();
  private Server server;
  private ManagedChannel channel;
  private ClientCall<FetchStreamRequest, FetchStreamResponse> call;
  private StreamObserver<FetchFrame> client;

  @BeforeEach
  void connect() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .withChildOption(ChannelOption.ALLOCATOR, allocator)
            .addService(service())
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
            .usePlaintext()
            .flowControlWindow(WINDOW_BYTES)
            .build();
    call = channel.newCall(FetchServiceGrpc.getFetchStreamMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(FetchStreamResponse message) {
            received.add(message);
          }
        },
        new Metadata());
    client = opened.orTimeout(30, TimeUnit.SECONDS).join();
  }

  private ServerServiceDefinition service() {
    FetchServiceGrpc.AsyncService generated = new FetchServiceGrpc.AsyncService() {};
    return ServiceBinding.replace(
        FetchServiceGrpc.bindService(generated),
        ServiceBinding.bidirectional(
            FetchServiceGrpc.getFetchStreamMethod(),
            FetchServiceGrpc.getFetchStreamMethod().getRequestMarshaller(),
            new FetchFrameMarshaller(),
            observer -> {
              opened.complete(observer);
              return new Ignored();
            }));
  }

  @AfterEach
  void disconnect() throws InterruptedException {
    // What came in is kept for the call until it asks, even if the connection is gone.
    call.request(Integer.MAX_VALUE);
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(channel.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    assertThat(server.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void messagesArriveWithoutACopyAndTheirMemoryComesBackWhenTheyAreWritten() throws Exception {
    OutgoingRecords first = send(1);
    OutgoingRecords second = send(2);
    assertThat(first.isTaken()).isTrue();
    assertThat(second.isTaken()).isTrue();
    assertThat(first.buffer().refCnt()).as("not written yet").isPositive();
    call.request(2);
    assertThat(next()).isEqualTo(records(1));
    assertThat(next()).isEqualTo(records(2));
    awaitReleased(first);
    awaitReleased(second);
  }

  @Test
  void aCallThatIsCancelledGivesTheMemoryBackThatTheTransportHas() {
    OutgoingRecords unread = send(1);
    OutgoingRecords waiting = send(2);
    assertThat(unread.buffer().refCnt()).isPositive();
    call.cancel("enough", null);
    awaitReleased(unread);
    awaitReleased(waiting);
  }

  @Test
  void aConnectionThatBreaksGivesTheMemoryBackThatTheTransportHas() {
    OutgoingRecords unread = send(1);
    assertThat(unread.buffer().refCnt()).isPositive();
    channel.shutdownNow();
    awaitReleased(unread);
  }

  @Test
  void aServerThatEndsGivesTheMemoryBackThatTheTransportHas() {
    OutgoingRecords unread = send(1);
    assertThat(unread.buffer().refCnt()).isPositive();
    server.shutdownNow();
    awaitReleased(unread);
  }

  /** As a fetch stream does. */
  private OutgoingRecords send(int seed) {
    OutgoingRecords memory = new OutgoingRecords(allocator, BYTES);
    memory.room().put(0, records(seed).toByteArray());
    FetchFrame frame =
        new FetchFrame(
            seed, PartitionData.getDefaultInstance(), List.of(memory.room()), Optional.of(memory));
    client.onNext(frame);
    frame.release();
    return memory;
  }

  private static ByteString records(int seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private ByteString next() throws InterruptedException {
    FetchStreamResponse message = received.poll(30, TimeUnit.SECONDS);
    assertThat(message).isNotNull();
    return message.getData().getRecords();
  }

  private static void awaitReleased(OutgoingRecords memory) {
    await().untilAsserted(() -> assertThat(memory.buffer().refCnt()).isZero());
  }

  private static final class Ignored implements StreamObserver<FetchStreamRequest> {
    @Override
    public void onNext(FetchStreamRequest message) {}

    @Override
    public void onError(Throwable thrown) {}

    @Override
    public void onCompleted() {}
  }
}
