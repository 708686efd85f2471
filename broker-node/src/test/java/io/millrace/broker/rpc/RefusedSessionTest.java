package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.metadata.rpc.ControllerEndpoint;
import io.millrace.proto.internal.v1.BrokerSessionRequest;
import io.millrace.proto.internal.v1.BrokerSessionResponse;
import io.millrace.proto.internal.v1.ControllerServiceGrpc;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A broker that asks a controller again and again which does not listen to it. */
@Timeout(30)
final class RefusedSessionTest {
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forPort(0)
            // It has not begun, and says so to all.
            .addService(new ControllerEndpoint())
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void aReasonIsLoggedOnceForEachStream() throws Exception {
    try (LogLines log = LogLines.ofAll()) {
      for (int stream = 0; stream < 2; stream++) {
        LinkedBlockingQueue<BrokerSessionResponse> answers = new LinkedBlockingQueue<>();
        StreamObserver<BrokerSessionRequest> requests =
            ControllerServiceGrpc.newStub(channel).brokerSession(into(answers));
        for (int i = 0; i < 5; i++) {
          requests.onNext(BrokerSessionRequest.getDefaultInstance());
          assertThat(answers.poll(20, TimeUnit.SECONDS)).isNotNull();
        }
        requests.onCompleted();
      }
      assertThat(log.lines)
          .filteredOn(line -> line.contains("a broker's session is refused"))
          .hasSize(2);
    }
  }

  private static StreamObserver<BrokerSessionResponse> into(
      LinkedBlockingQueue<BrokerSessionResponse> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(BrokerSessionResponse answer) {
        answers.add(answer);
      }

      @Override
      public void onError(Throwable thrown) {}

      @Override
      public void onCompleted() {}
    };
  }
}
