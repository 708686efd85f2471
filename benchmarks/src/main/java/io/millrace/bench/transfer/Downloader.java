package io.millrace.bench.transfer;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.proto.v1.FetchCredits;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchServiceGrpc;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.SubscribePartition;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads partitions from their beginning over a fetch stream until a number of bytes has come,
 * giving back credits as they come.
 */
final class Downloader implements ClientResponseObserver<FetchStreamRequest, FetchStreamResponse> {
  private static final long CREDIT_BYTES = 16 << 20;

  private final ByteString topicId;
  private final int partitions;
  private final long wantedBytes;
  private final int messageBytes;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  // Confined to the call's thread after the start.
  private @Nullable ClientCallStreamObserver<FetchStreamRequest> out;
  private long receivedBytes;
  private long owedBytes;

  private Downloader(ByteString topicId, int partitions, long wantedBytes, int messageBytes) {
    this.topicId = topicId;
    this.partitions = partitions;
    this.wantedBytes = wantedBytes;
    this.messageBytes = messageBytes;
  }

  /** Reads at least {@code wantedBytes} bytes of records. */
  static void run(
      Channel channel, ByteString topicId, int partitions, long wantedBytes, int messageBytes) {
    Downloader downloader = new Downloader(topicId, partitions, wantedBytes, messageBytes);
    FetchServiceGrpc.newStub(channel).fetchStream(downloader);
    downloader.subscribe();
    downloader.done.join();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<FetchStreamRequest> stream) {
    out = stream;
  }

  private void subscribe() {
    send(
        FetchStreamRequest.newBuilder()
            .setOpen(
                FetchStreamOpen.newBuilder()
                    .setCreditBytes(CREDIT_BYTES)
                    .setMaxMessageBytes(messageBytes)));
    for (int partition = 0; partition < partitions; partition++) {
      FetchPartition from =
          FetchPartition.newBuilder()
              .setTopicId(topicId)
              .setPartition(partition)
              .setCurrentLeaderEpoch(-1)
              .setLastFetchedEpoch(-1)
              .build();
      send(
          FetchStreamRequest.newBuilder()
              .setSubscribe(
                  SubscribePartition.newBuilder()
                      .setSubscriptionId(partition + 1)
                      .setPartition(from)));
    }
  }

  private synchronized void send(FetchStreamRequest.Builder request) {
    ClientCallStreamObserver<FetchStreamRequest> stream = out;
    if (stream != null) {
      stream.onNext(request.build());
    }
  }

  @Override
  public void onNext(FetchStreamResponse response) {
    if (response.getData().hasError()) {
      done.completeExceptionally(
          new IllegalStateException(response.getData().getError().getMessage()));
    }
    int bytes = response.getData().getRecords().size();
    receivedBytes += bytes;
    owedBytes += bytes;
    if (receivedBytes >= wantedBytes) {
      done.complete(null);
      end();
    } else if (owedBytes >= CREDIT_BYTES / 4) {
      send(
          FetchStreamRequest.newBuilder()
              .setCredits(FetchCredits.newBuilder().setBytes(owedBytes)));
      owedBytes = 0;
    }
  }

  private void end() {
    ClientCallStreamObserver<FetchStreamRequest> stream = out;
    if (stream != null) {
      stream.cancel("read enough", null);
    }
  }

  @Override
  public void onError(Throwable error) {
    done.completeExceptionally(error);
  }

  @Override
  public void onCompleted() {
    done.completeExceptionally(
        new IllegalStateException("the stream ended after " + receivedBytes + " bytes"));
  }
}
