package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Brokers 1 and 2 have replicas in directories 1 and 2. */
final class NoLeaderTest {
  private static final int NOBODY = PartitionImage.NO_BROKER;

  private MetadataImage image = MetadataImage.EMPTY;

  @Test
  void directoryThatIsOfflineIsNamed() {
    broker(1, BrokerState.ACTIVE, directory(7));
    MillraceError why = why(partition(List.of(1), List.of(), List.of(1), NOBODY));
    assertThat(why.code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
    assertThat(why.message())
        .isEqualTo(
            "orders-3 has no leader: broker 1 has its replica in log directory "
                + directory(1)
                + ", which is offline");
    assertThat(why.details()).containsEntry("topic", "orders").containsEntry("partition", "3");
  }

  @Test
  void brokerThatIsDownMayComeBackWithItsDirectory() {
    broker(1, BrokerState.ACTIVE, directory(7));
    broker(2, BrokerState.FENCED, directory(7));
    MillraceError why = why(partition(List.of(1, 2), List.of(), List.of(1, 2), NOBODY));
    assertThat(why.code()).isEqualTo(ErrorCode.LEADER_NOT_AVAILABLE);
    assertThat(why.message())
        .contains("broker 1 has its replica in log directory")
        .endsWith("; broker 2 is down or starting");
  }

  @Test
  void replicaThatMayLackRecordsIsNoReason() {
    broker(1, BrokerState.FENCED, directory(1));
    broker(2, BrokerState.ACTIVE, directory(2));
    assertThat(why(partition(List.of(1, 2), List.of(), List.of(1), NOBODY)).message())
        .isEqualTo("orders-3 has no leader: broker 1 is down or starting");
  }

  @Test
  void lastKnownLeaderIsNamedWhenNobodyIsEligible() {
    assertThat(why(partition(List.of(1, 2), List.of(), List.of(), 2)).message())
        .isEqualTo("orders-3 has no leader: broker 2 is not registered");
    MillraceError nobody = why(partition(List.of(1, 2), List.of(), List.of(), NOBODY));
    assertThat(nobody.code()).isEqualTo(ErrorCode.LEADER_NOT_AVAILABLE);
    assertThat(nobody.message()).endsWith("no replica is known to have all its records");
  }

  @Test
  void electionThatIsDueIsTold() {
    broker(1, BrokerState.ACTIVE, directory(1));
    assertThat(why(partition(List.of(1), List.of(1), List.of(), NOBODY)).message())
        .endsWith("broker 1 is about to be elected");
    broker(1, BrokerState.IN_CONTROLLED_SHUTDOWN, directory(1));
    assertThat(why(partition(List.of(1), List.of(1), List.of(), NOBODY)).message())
        .endsWith("broker 1 is stopping");
  }

  private MillraceError why(PartitionImage partition) {
    return NoLeader.why(image, "orders", 3, partition);
  }

  private static PartitionImage partition(
      List<Integer> replicas, List<Integer> isr, List<Integer> elr, int lastKnown) {
    return new PartitionImage(
        replicas,
        replicas.stream().map(NoLeaderTest::directory).toList(),
        isr,
        elr,
        new PartitionImage.Leadership(NOBODY, 4, lastKnown),
        9,
        1);
  }

  private void broker(int id, BrokerState state, UUID directory) {
    BrokerImage broker =
        new BrokerImage(
            id,
            new BrokerRegistration(5, new UUID(id, 1), List.of(directory)),
            new Endpoint("broker-" + id, 9650),
            Optional.empty(),
            "",
            FeatureRange.SUPPORTED,
            state);
    image = image.withBrokers(image.brokers().plus(id, broker));
  }

  private static UUID directory(int number) {
    return new UUID(98, number);
  }
}
