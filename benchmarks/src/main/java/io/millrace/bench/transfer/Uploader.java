package io.millrace.bench.transfer;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sends one batch again and again over a produce stream, to partitions in turn, with a bounded
 * number in flight.
 */
final class Uploader
    implements ClientResponseObserver<ProduceStreamRequest, ProduceStreamResponse> {
  private final ByteString topicId;
  private final int partitions;
  private final ByteString batch;
  private final long frames;
  private final int maxInFlight;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  // Guarded by this: gRPC calls onNext and the ready handler on its own threads.
  private @Nullable ClientCallStreamObserver<ProduceStreamRequest> out;
  private long sent;
  private long answered;

  private Uploader(
      ByteString topicId, int partitions, ByteString batch, long frames, int maxInFlight) {
    this.topicId = topicId;
    this.partitions = partitions;
    this.batch = batch;
    this.frames = frames;
    this.maxInFlight = maxInFlight;
  }

  /** Sends {@code frames} copies of the batch and returns when all are answered. */
  static void run(
      Channel channel,
      ByteString topicId,
      int partitions,
      ByteString batch,
      long frames,
      int maxInFlight) {
    Uploader uploader = new Uploader(topicId, partitions, batch, frames, maxInFlight);
    ProducerServiceGrpc.newStub(channel).produceStream(uploader);
    uploader.done.join();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<ProduceStreamRequest> stream) {
    out = stream;
    stream.setOnReadyHandler(this::send);
  }

  private synchronized void send() {
    ClientCallStreamObserver<ProduceStreamRequest> stream = out;
    if (stream == null) {
      return;
    }
    if (sent == 0 && answered == 0) {
      stream.onNext(open());
    }
    while (stream.isReady() && sent < frames && sent - answered < maxInFlight) {
      sent++;
      stream.onNext(frame(sent));
    }
  }

  private static ProduceStreamRequest open() {
    return ProduceStreamRequest.newBuilder()
        .setOpen(ProduceStreamOpen.newBuilder().setAcks(Acks.ACKS_LEADER).setTimeoutMs(30_000))
        .build();
  }

  private ProduceStreamRequest frame(long id) {
    PartitionBatch content =
        PartitionBatch.newBuilder()
            .setTopicId(topicId)
            .setPartition((int) (id % partitions))
            .setLeaderEpoch(-1)
            .setRecords(batch)
            .build();
    return ProduceStreamRequest.newBuilder()
        .setFrame(ProduceFrame.newBuilder().setFrameId(id).setBatch(content))
        .build();
  }

  @Override
  public synchronized void onNext(ProduceStreamResponse response) {
    for (ProduceFrameResult result : response.getResults().getResultsList()) {
      if (result.getResult().hasError()) {
        done.completeExceptionally(
            new IllegalStateException(result.getResult().getError().getMessage()));
      }
      answered++;
    }
    ClientCallStreamObserver<ProduceStreamRequest> stream = out;
    if (answered == frames && stream != null) {
      stream.onCompleted();
    } else {
      send();
    }
  }

  @Override
  public void onError(Throwable error) {
    done.completeExceptionally(error);
  }

  @Override
  public void onCompleted() {
    done.complete(null);
  }
}
