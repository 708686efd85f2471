package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.rpc.LeaderAppends.Append;
import io.millrace.common.Acks;
import io.millrace.common.record.RecordBatch;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.rpc.NodeChannels;
import io.millrace.proto.v1.PartitionProduceResult;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One attempt to bring a batch to whoever leads its partition. */
class RemoteAppendsTest {
  private static final int HERE = 1;
  private static final int ELSEWHERE = 2;
  private static final long TIMEOUT_MS = 1_000;

  private final FakePartitions partitions = new FakePartitions();
  private final NodeChannels nowhere =
      new NodeChannels(
          endpoint -> {
            throw new IllegalStateException("a call to " + endpoint);
          });

  /** Else a repeat would come with the time and the offsets that the last attempt was given. */
  @Test
  void leaderThatStampsABatchLeavesTheBytesForRepeatsAsTheyWere() {
    partitions.broker(HERE, "", BrokerState.ACTIVE);
    LogHost log = partitions.topic("orders", 1).get(0);
    ByteBuffer batch = ByteBuffer.wrap(Api.batch("a").toByteArray());
    ByteBuffer before = ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();

    CompletableFuture<PartitionProduceResult> result =
        appendsAt(HERE)
            .append(new Append(log.id(), Acks.ALL, batch, RequestContext.NONE), TIMEOUT_MS);
    assertThat(log.taken).as("%s", result).hasSize(1);
    ByteBuffer taken = log.taken.get(0).batch();
    assertThat(taken).isEqualTo(before);
    RecordBatch.stampLogAppendTime(taken, taken.position(), 2_000);
    RecordBatch.stamp(taken, taken.position(), 7, 3);

    assertThat(batch).isEqualTo(before);
    log.acknowledge();
    assertThat(result).isCompletedWithValueMatching(answer -> !answer.hasError());
  }

  @Test
  void whatNoOneForesawIsAResultToo() {
    partitions.broker(HERE, "", BrokerState.ACTIVE);
    LogHost log = partitions.topic("orders", 1).get(0);
    ByteBuffer batch = ByteBuffer.wrap(Api.batch("a").toByteArray());

    CompletableFuture<PartitionProduceResult> result =
        appendsAt(ELSEWHERE)
            .append(new Append(log.id(), Acks.ALL, batch, RequestContext.NONE), TIMEOUT_MS);

    assertThat(Api.code(result.join().getError())).isEqualTo("INTERNAL");
  }

  private RemoteAppends appendsAt(int broker) {
    return new RemoteAppends(
        new ForwardingLink("c", broker, nowhere, nowhere),
        new PartitionLeaders(partitions::image),
        partitions.produceDeps());
  }
}
