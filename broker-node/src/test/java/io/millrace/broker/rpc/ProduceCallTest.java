package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.ProduceRequest;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** S08: a batch that fails is counted, whether anybody is told or not. */
class ProduceCallTest {
  private final FakePartitions partitions = new FakePartitions();
  private final FakeHost host = new FakeHost(new TopicIdPartition(UUID.randomUUID(), 0));

  private double failed(ErrorCode code) {
    return partitions
        .meters
        .get("millrace.produce.failed.batches")
        .tag("code", code.name())
        .counter()
        .count();
  }

  private void produce(ByteString batch) {
    partitions.hosts.put(host.id(), host);
    partitions.known(host.id().topicId(), "orders", 1);
    ByteString topic = Uuids.toBytes(host.id().topicId());
    ProduceRequest request =
        ProduceRequest.newBuilder()
            .setAcks(Acks.ACKS_NONE)
            .addBatches(Api.partitionBatch(topic, 0, batch))
            .build();
    new ProduceCall(partitions.produceDeps(), request).start(request);
  }

  @Test
  void S08_aBatchThatIsRefusedBeforeItsPartitionIsCounted() {
    produce(Api.flipped(Api.batch("a"), 64));

    assertThat(failed(ErrorCode.CORRUPT_BATCH)).isEqualTo(1);
  }

  @Test
  void S08_aBatchThatItsPartitionFailsIsCounted() {
    produce(Api.batch("a"));
    ProduceCommand taken = host.taken.remove(0);
    taken
        .callback()
        .answered(
            taken,
            new ProduceOutcome.Failed(new MillraceError(ErrorCode.NOT_LEADER, "it moved away")));

    assertThat(failed(ErrorCode.NOT_LEADER)).isEqualTo(1);
  }
}
