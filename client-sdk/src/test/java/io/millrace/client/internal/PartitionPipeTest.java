package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.internal.ProduceConnection.ProducerShared;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.Acks;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.ProducerSettings;
import io.millrace.common.record.Compression;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamOpened;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pipe with a batch on a stream that says nothing, in virtual time. */
class PartitionPipeTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final UUID TOPIC_ID = new UUID(1, 2);
  private static final long FAR_MS = Duration.ofDays(1).toMillis();

  private final FakeBroker broker = new FakeBroker(1);
  private final ClusterClient cluster =
      new ClusterClient(broker.config().build(), new SystemClock());
  private final BrokerAddress leader = new BrokerAddress("127.0.0.1", broker.port());
  private final PartitionView view =
      new PartitionView(PARTITION, Optional.of(leader), 0, Optional.empty());
  private final PartitionPipe pipe =
      new PartitionPipe(
          PARTITION,
          TOPIC_ID,
          new ProducerSettings(Acks.ALL, 5, FAR_MS, FAR_MS, 50, 1_000),
          Optional.empty(),
          () -> 0.5,
          cluster.newLeaderBackoff(),
          cluster.newAnswerSilence(),
          new Ignored());

  @AfterEach
  void close() {
    cluster.close();
    broker.close();
  }

  @Test
  void leaderThatStaysSilentIsLookedUpMoreAndMoreRarely() {
    pipe.offer(batch(), FAR_MS, 0);
    pipe.leaderIs(view, 0);
    pipe.join(stream(), 0);

    assertThat(lookUps(0, 5_000)).isBetween(8, 11);
    assertThat(lookUps(5_000, 10_000)).isBetween(2, 8);
    assertThat(lookUps(10_000, 60_000)).isBetween(20, 32);

    pipe.join(stream(), 60_000);
    assertThat(lookUps(60_000, 65_000)).as("of the next stream").isBetween(8, 11);
  }

  /** How often it is looked up in a time; each time the leader is the same. */
  private int lookUps(long fromMs, long toMs) {
    int lookUps = 0;
    for (long nowMs = fromMs; nowMs < toMs; nowMs += 10) {
      pipe.tick(nowMs);
      if (pipe.needsLookUp(nowMs)) {
        lookUps++;
        pipe.leaderIs(view, nowMs);
      }
    }
    return lookUps;
  }

  private static ProducerBatch batch() {
    BufferBudget budget = new BufferBudget(1 << 20, () -> {});
    ProducerBatch batch =
        new ProducerBatch(
            PARTITION,
            TOPIC_ID,
            budget,
            new BatchBuilders(Compression.NONE, 1 << 20, 1 << 20),
            new BatchEncoding(Compression.NONE),
            /* nowMs= */ 0);
    batch.grant(budget.acquire(1_000, 0));
    batch.append(ProducerRecord.of(FakeBroker.TOPIC, new byte[10]), 0, 1_000, BatchAnswers.NOBODY);
    batch.seal();
    return batch;
  }

  /** What the network has to tell of it goes nowhere. */
  private ProduceConnection stream() {
    return new ProduceConnection(
        leader,
        1,
        ProduceStreamOpen.getDefaultInstance(),
        true,
        new ProducerShared(cluster, task -> {}, new Ignored()));
  }

  private static final class Ignored implements ProduceConnection.Listener, PartitionPipe.Owner {
    @Override
    public void opened(ProduceConnection connection, ProduceStreamOpened limits) {}

    @Override
    public void answered(
        ProduceConnection connection, PartitionPipe pipe, ProduceConnection.Frame frame) {}

    @Override
    public void refusedLate(ProduceConnection connection, ProduceFrameResult result, int records) {}

    @Override
    public void ended(ProduceConnection connection, MillraceException cause) {}

    @Override
    public void sending(ProducerBatch batch) {}

    @Override
    public List<ProducerBatch> split(ProducerBatch batch, MillraceError error) {
      return List.of();
    }

    @Override
    public void completed(ProducerBatch batch, BatchOutcome outcome) {}

    @Override
    public void needIdentity(PartitionPipe pipe, MillraceError reason) {}

    @Override
    public void abandon(PartitionPipe pipe, long streamEpoch) {}

    @Override
    public void changed(PartitionPipe pipe) {}

    @Override
    public void ended(PartitionPipe pipe, MillraceError error) {}
  }
}
