package io.millrace.it.node;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A produce stream to one broker on which some frames are under way at any time, as it is, without
 * a client that would go elsewhere: what the broker says when it refuses the first one.
 */
final class SteadyFrames implements AutoCloseable {
  private static final int UNDER_WAY = 4;

  private final ManagedChannel channel;
  private final PartitionBatch batch;
  private final Semaphore room = new Semaphore(UNDER_WAY);
  private final AtomicLong acknowledged = new AtomicLong();

  /** Empty if the stream ended before a frame was refused. */
  private final CompletableFuture<Optional<Error>> refusal = new CompletableFuture<>();

  private final StreamObserver<ProduceStreamRequest> frames;
  private final Thread sending = new Thread(this::send, "steady-frames");

  SteadyFrames(String broker, UUID topicId, int partition) {
    this.channel = NettyChannelBuilder.forTarget(broker).usePlaintext().build();
    this.batch =
        PartitionBatch.newBuilder()
            .setTopicId(
                ByteString.copyFrom(
                    ByteBuffer.allocate(16)
                        .putLong(topicId.getMostSignificantBits())
                        .putLong(topicId.getLeastSignificantBits())
                        .flip()))
            .setPartition(partition)
            .setLeaderEpoch(-1)
            .setRecords(ByteString.copyFrom(oneRecord()))
            .build();
    this.frames = ProducerServiceGrpc.newStub(channel).produceStream(answers());
    frames.onNext(
        ProduceStreamRequest.newBuilder()
            .setOpen(ProduceStreamOpen.newBuilder().setAcks(Acks.ACKS_ALL).setTimeoutMs(30_000))
            .build());
    sending.start();
  }

  private static ByteBuffer oneRecord() {
    return new RecordBatchBuilder(Compression.NONE)
        .append(0, null, ByteBuffer.allocate(0), List.of())
        .build();
  }

  private void send() {
    for (long frameId = 1; !refusal.isDone(); frameId++) {
      room.acquireUninterruptibly();
      synchronized (frames) {
        frames.onNext(
            ProduceStreamRequest.newBuilder()
                .setFrame(ProduceFrame.newBuilder().setFrameId(frameId).setBatch(batch))
                .build());
      }
    }
  }

  private StreamObserver<ProduceStreamResponse> answers() {
    return new StreamObserver<>() {
      @Override
      public void onNext(ProduceStreamResponse response) {
        for (ProduceFrameResult each : response.getResults().getResultsList()) {
          if (each.getResult().hasError()) {
            refusal.complete(Optional.of(each.getResult().getError()));
          } else {
            acknowledged.incrementAndGet();
          }
          room.release();
        }
      }

      @Override
      public void onError(Throwable thrown) {
        refusal.complete(Optional.empty());
        room.release();
      }

      @Override
      public void onCompleted() {
        onError(new IllegalStateException("completed"));
      }
    };
  }

  long acknowledged() {
    return acknowledged.get();
  }

  /** What the first frame was refused with; empty if the stream ended without that. */
  CompletableFuture<Optional<Error>> refusal() {
    return refusal;
  }

  @Override
  public void close() throws InterruptedException {
    refusal.complete(Optional.empty());
    channel.shutdownNow();
    room.release();
    sending.join();
  }
}
