package io.millrace.bench.transfer;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceResults;
import io.millrace.proto.v1.ProduceStreamOpened;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The measure: the same protocol and transport settings as the broker's, but frames are thrown away
 * and data comes from memory.
 */
public final class BareServer {
  private static final int FLOW_CONTROL_WINDOW_BYTES = 4 << 20;
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private BareServer() {}

  /**
   * Serves until its standard input ends.
   *
   * @param arguments the bytes of records in one message of a download
   */
  public static void main(String[] arguments) throws IOException {
    ByteString payload = ByteString.copyFrom(new byte[Integer.parseInt(arguments[0])]);
    Server server =
        NettyServerBuilder.forPort(0)
            .directExecutor()
            .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .addService(new Discard())
            .addService(new Push(payload))
            .build()
            .start();
    System.out.println("port " + server.getPort());
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    server.shutdownNow();
  }

  /** Answers each frame and forgets it. */
  private static final class Discard extends ProducerServiceGrpc.ProducerServiceImplBase {
    @Override
    public StreamObserver<ProduceStreamRequest> produceStream(
        StreamObserver<ProduceStreamResponse> answers) {
      return new StreamObserver<>() {
        @Override
        public void onNext(ProduceStreamRequest request) {
          answers.onNext(answer(request));
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }

    private static ProduceStreamResponse answer(ProduceStreamRequest request) {
      if (request.hasOpen()) {
        return ProduceStreamResponse.newBuilder()
            .setOpened(ProduceStreamOpened.getDefaultInstance())
            .build();
      }
      ProduceFrameResult result =
          ProduceFrameResult.newBuilder()
              .setFrameId(request.getFrame().getFrameId())
              .setResult(PartitionProduceResult.getDefaultInstance())
              .build();
      return ProduceStreamResponse.newBuilder()
          .setResults(ProduceResults.newBuilder().addResults(result))
          .build();
    }
  }

  /** Sends the same payload again and again, within the credits. */
  private static final class Push extends FetchServiceGrpc.FetchServiceImplBase {
    private final FetchStreamResponse message;
    private final int bytes;

    Push(ByteString payload) {
      message =
          FetchStreamResponse.newBuilder()
              .setData(PartitionData.newBuilder().setRecords(payload))
              .build();
      bytes = payload.size();
    }

    @Override
    public StreamObserver<FetchStreamRequest> fetchStream(
        StreamObserver<FetchStreamResponse> responses) {
      ServerCallStreamObserver<FetchStreamResponse> out =
          (ServerCallStreamObserver<FetchStreamResponse>) responses;
      AtomicLong credits = new AtomicLong();
      Runnable push = () -> push(out, credits);
      out.setOnReadyHandler(push);
      out.setOnCancelHandler(() -> {});
      return new StreamObserver<>() {
        @Override
        public void onNext(FetchStreamRequest request) {
          credits.addAndGet(request.getOpen().getCreditBytes() + request.getCredits().getBytes());
          push.run();
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }

    private void push(ServerCallStreamObserver<FetchStreamResponse> out, AtomicLong credits) {
      while (out.isReady() && !out.isCancelled() && credits.get() > 0) {
        credits.addAndGet(-bytes);
        out.onNext(message);
      }
    }
  }
}
