package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.rpc.ReplicaStates.Told;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.PartitionState;
import io.millrace.proto.v1.Replica;
import io.millrace.proto.v1.ReplicaState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** What is made of what brokers told; broker 1 leads, 2 follows. */
final class ReplicaStatesTest {
  private static final TopicImage TOPIC =
      new TopicImage(
          UUID.randomUUID(),
          "orders",
          TreePVector.singleton(
              new PartitionImage(
                  List.of(1, 2),
                  List.of(PartitionImage.UNASSIGNED, PartitionImage.UNASSIGNED),
                  List.of(1, 2),
                  List.of(),
                  new PartitionImage.Leadership(1, 0, PartitionImage.NO_BROKER),
                  0,
                  1)),
          TreePMap.empty());

  private final Replica.Builder leader = replica(100).setLeads(true);
  private final Replica.Builder follower = replica(100);

  private static Replica.Builder replica(long end) {
    return Replica.newBuilder().setTopic("orders").setLogEndOffset(end).setHighWatermark(90);
  }

  private PartitionState state() {
    return ReplicaStates.state(
        MetadataImage.EMPTY, TOPIC, 0, Map.of(1, told(leader), 2, told(follower)));
  }

  private static Told told(Replica.Builder replica) {
    return new Told(Map.of(0, replica.build()), Optional.empty());
  }

  private ReplicaState follower() {
    return state().getReplicas(1);
  }

  @Test
  void highWatermarkThatAnOlderBrokerDoesNotTellIsUnknown() {
    follower.clearHighWatermark();
    assertThat(follower().getHighWatermark()).isEqualTo(-1);
    assertThat(state().getHighWatermark()).isEqualTo(90);

    leader.clearHighWatermark();
    assertThat(state().getHighWatermark()).isEqualTo(-1);
  }

  @Test
  void highWatermarkOfZeroIsKnown() {
    leader.setHighWatermark(0);
    assertThat(state().getHighWatermark()).isZero();
  }

  @Test
  void replicaThatEndsBeyondTheLeaderIsAheadOfIt() {
    follower.setLogEndOffset(107);
    assertThat(follower().getOffsetsBehind()).isZero();
    assertThat(follower().getOffsetsAhead()).isEqualTo(7);

    follower.setLogEndOffset(93);
    assertThat(follower().getOffsetsBehind()).isEqualTo(7);
    assertThat(follower().getOffsetsAhead()).isZero();
  }

  @Test
  void replicaIsNeitherBehindNorAheadOfALeaderThatDoesNotTell() {
    leader.setLeads(false);
    assertThat(follower().getOffsetsBehind()).isEqualTo(-1);
    assertThat(follower().getOffsetsAhead()).isZero();
  }

  @Test
  void leaderWhoseLogWasFoundCorruptIsShownAsThat() {
    leader.setCorruptOffset(0);
    assertThat(state().getReplicas(0).hasCorruptOffset()).isTrue();
    assertThat(state().getReplicas(0).getCorruptOffset()).isZero();
    assertThat(follower().hasCorruptOffset()).isFalse();
  }
}
