package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.internal.v1.BrokerUnregistered;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What a controller that died after the first of several entries leaves to the next one. */
final class RepairTest {
  private static final int TOPICS = 10;

  /** So few that the rest of what is half done for two brokers fits into one entry. */
  private static final int FEW = 3;

  private final Cluster cluster =
      new Cluster(ControllerSettings.DEFAULTS.withBounds(8 << 10, 10), 1).start(1, 2, 3);

  /** The same partitions are to be left because it is fenced, and handed over: it is drained. */
  @Test
  void halfDoneFencingOfADrainedBrokerIsFinished() {
    create(List.of(1));
    run(new DrainBroker(1, true, RequestOptions.NONE));
    cluster.runOnce(new FenceBroker(1, cluster.epoch(1)));
    assertThat(count(partition -> partition.leader() == 1)).isPositive();
    run(new UpkeepCommand.RepairPartitions());
    assertThat(count(partition -> partition.leader() == 1)).isZero();
    assertThat(count(partition -> partition.elr().equals(List.of(1)))).isEqualTo(90 * TOPICS);
  }

  @Test
  void halfDoneFencingsOfTwoBrokersOfOneIsrAreFinished() {
    create(FEW, List.of(1, 2, 3));
    cluster.runOnce(new FenceBroker(1, cluster.epoch(1)));
    cluster.runOnce(new FenceBroker(2, cluster.epoch(2)));
    assertThat(count(partition -> partition.isr().containsAll(List.of(1, 2)))).isPositive();
    run(new UpkeepCommand.RepairPartitions());
    assertThat(count(partition -> partition.isr().equals(List.of(3)))).isEqualTo(90 * FEW);
    assertThat(count(partition -> partition.leader() == 3)).isEqualTo(90 * FEW);
  }

  @Test
  void halfDoneDrainBesideAHalfDoneFencingIsFinished() {
    create(FEW, List.of(1, 2, 3));
    cluster.runOnce(new DrainBroker(1, true, RequestOptions.NONE));
    cluster.runOnce(new FenceBroker(2, cluster.epoch(2)));
    run(new UpkeepCommand.RepairPartitions());
    assertThat(count(partition -> partition.leader() == 3)).isEqualTo(90 * FEW);
    assertThat(count(partition -> partition.isr().equals(List.of(1, 3)))).isEqualTo(90 * FEW);
  }

  @Test
  void brokerThatIsTakenOutInTheMiddleOfItsFencingLeadsNothing() {
    create(List.of(1, 2, 3));
    cluster.runOnce(new FenceBroker(1, cluster.epoch(1)));
    int before = cluster.log().size();
    run(new UnregisterBroker(1, 0, RequestOptions.withId("r")));
    assertThat(cluster.log().size() - before).isGreaterThan(2);
    assertThat(cluster.image().broker(1)).isEmpty();
    assertThat(count(partition -> partition.isr().equals(List.of(2, 3)))).isEqualTo(90 * TOPICS);
    assertThat(count(partition -> partition.leader() == 2)).isEqualTo(90 * TOPICS);
  }

  @Test
  void partitionsOfABrokerThatIsNotRegisteredAreTakenFromIt() {
    create(List.of(1, 2, 3));
    takeOutAtOnce();
    assertThat(count(partition -> partition.leader() == 1)).isPositive();
    run(new UpkeepCommand.RepairPartitions());
    assertThat(count(partition -> partition.isr().equals(List.of(2, 3)))).isEqualTo(90 * TOPICS);
    assertThat(count(partition -> partition.leader() == 2)).isEqualTo(90 * TOPICS);
  }

  /** S12: were it to lead on in the same epoch, what it had lost could be replaced unseen. */
  @Test
  void S12_brokerThatIsRegisteredAnewDoesNotLeadOnWhatItWasFoundLeading() {
    create(List.of(1, 2, 3));
    run(new AssignDirectories(1, cluster.epoch(1), directories()));
    takeOutAtOnce();
    cluster.start(Cluster.register(1, "", 2));
    assertThat(count(partition -> partition.leader() == 2 && partition.leaderEpoch() == 1))
        .isEqualTo(90 * TOPICS);
  }

  private Map<TopicIdPartition, UUID> directories() {
    Map<TopicIdPartition, UUID> all = new HashMap<>();
    for (UUID topic : cluster.image().topics().byId().keySet()) {
      for (int number = 0; number < 90; number++) {
        all.put(new TopicIdPartition(topic, number), Cluster.directory(1));
      }
    }
    return all;
  }

  /** As a version did that did not look at what the broker has. */
  private void takeOutAtOnce() {
    cluster.runOnce(new FenceBroker(1, cluster.epoch(1)));
    cluster.write(
        Records.builder()
            .setBrokerUnregistered(
                BrokerUnregistered.newBuilder().setBrokerId(1).setBrokerEpoch(cluster.epoch(1)))
            .build());
  }

  private void create(List<Integer> replicas) {
    create(TOPICS, replicas);
  }

  private void create(int topics, List<Integer> replicas) {
    for (int i = 0; i < topics; i++) {
      List<List<Integer>> assignments = Collections.nCopies(90, replicas);
      assertThat(
              cluster.run(
                  new CreateTopic("t" + i, 0, 0, assignments, Map.of(), RequestOptions.NONE)))
          .isInstanceOf(CommandResult.TopicResult.class);
    }
  }

  private long count(Predicate<PartitionImage> wanted) {
    return cluster.image().topics().byId().values().stream()
        .map(TopicImage::partitions)
        .flatMap(List::stream)
        .filter(wanted)
        .count();
  }

  private void run(Command command) {
    assertThat(cluster.run(command)).isInstanceOf(CommandResult.Done.class);
  }
}
