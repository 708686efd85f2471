package io.millrace.it.faults;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends records one by one to partition 0 of a topic, acks=all, and tells the leader's answer as it
 * is: a producer of the SDK would send again. Confined to one thread.
 */
final class SingleProduce implements AutoCloseable {
  private static final int TIMEOUT_SECONDS = 60;

  private final ManagedChannel channel;
  private final ByteString topicId;

  /**
   * To one broker.
   *
   * @param leader where clients reach it, host:port
   */
  SingleProduce(String leader, ByteString topicId) {
    this.channel = NettyChannelBuilder.forTarget(leader).usePlaintext().build();
    this.topicId = topicId;
  }

  /** Sends a record; its answer comes later. */
  ListenableFuture<ProduceResponse> send() {
    ByteBuffer batch =
        new RecordBatchBuilder(Compression.NONE)
            .append(0, null, ByteBuffer.allocate(8), List.of())
            .build();
    return ProducerServiceGrpc.newFutureStub(channel)
        .produce(
            ProduceRequest.newBuilder()
                .setAcks(Acks.ACKS_ALL)
                .setTimeoutMs((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS))
                .addBatches(
                    PartitionBatch.newBuilder()
                        .setTopicId(topicId)
                        .setLeaderEpoch(-1)
                        .setRecords(UnsafeByteOperations.unsafeWrap(batch)))
                .build());
  }

  /** Waits for the answer: what was wrong, {@code ERROR_CODE_UNSPECIFIED} if nothing was. */
  static ErrorCode error(ListenableFuture<ProduceResponse> answer)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS).getResults(0).getError().getCode();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
