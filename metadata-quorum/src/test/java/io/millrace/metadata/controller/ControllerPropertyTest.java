package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.Command.TopicCommand;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.metadata.image.SnapshotBytes;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.TopicsImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for any sequence of commands. Each seed is a sequence. */
final class ControllerPropertyTest {
  private static final ControllerSettings SETTINGS =
      ControllerSettings.DEFAULTS
          .withTopics(new ControllerSettings.TopicDefaults(2, 1, 1, false))
          .withBounds(4_096, 5);

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 30);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void imageStaysSoundAndEveryEntryFits(long seed) {
    Cluster cluster = run(seed);
    for (MetadataEntry entry : cluster.log()) {
      assertThat(entry.getSerializedSize()).isLessThanOrEqualTo(SETTINGS.maxEntryBytes());
    }
    checkSound(cluster.image());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void replayOfTheLogGivesTheLiveImageAndDeltasThatTellIt(long seed) {
    Cluster cluster = run(seed);
    ReplicatedImage replayed = new ReplicatedImage(MetadataImage.EMPTY);
    for (MetadataEntry entry : cluster.log()) {
      MetadataImage before = replayed.image();
      MetadataDelta delta = replayed.apply(1, entry).orElseThrow();
      MetadataDelta compared = MetadataDelta.between(before, replayed.image());
      assertThat(delta.topics().keySet()).containsAll(compared.topics().keySet());
      compared
          .topics()
          .forEach(
              (id, topic) ->
                  assertThat(delta.topics().get(id).changedPartitions())
                      .containsAll(topic.changedPartitions()));
      assertThat(delta.changedBrokers()).isEqualTo(compared.changedBrokers());
    }
    assertThat(replayed.image()).isEqualTo(cluster.image());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void snapshotAnywhereInTheLogMakesNoDifference(long seed) {
    Cluster cluster = run(seed);
    int cut = new Random(seed).nextInt(cluster.log().size());
    ReplicatedImage replayed = new ReplicatedImage(MetadataImage.EMPTY);
    for (int i = 0; i < cluster.log().size(); i++) {
      if (i == cut) {
        replayed = new ReplicatedImage(SnapshotBytes.throughBytes(replayed.image()));
      }
      assertThat(replayed.apply(1, cluster.log().get(i))).isPresent();
    }
    assertThat(replayed.image()).isEqualTo(cluster.image());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void commandsTogetherDoWhatTheyDoOneByOne(long seed) {
    Cluster together = started(seed);
    Cluster apart = started(seed);
    RandomCommands commands = new RandomCommands(seed);
    for (int round = 0; round < 20; round++) {
      List<Command> batch = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        batch.add(commands.next(together.image()));
      }
      batch.removeIf(command -> !isAnsweredInOneEntry(command));
      List<CommandResult> results = together.runAll(batch);
      for (int i = 0; i < batch.size(); i++) {
        assertThat(apart.run(batch.get(i)).getClass()).isEqualTo(results.get(i).getClass());
      }
    }
    assertThat(apart.image().topics()).isEqualTo(together.image().topics());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void refusalsChangeNothingAndEpochsNeverGoBack(long seed) {
    Cluster cluster = started(seed);
    RandomCommands commands = new RandomCommands(seed);
    for (int i = 0; i < 150; i++) {
      MetadataImage before = cluster.image();
      CommandResult result = cluster.run(commands.next(before));
      if (result instanceof Refused) {
        assertThat(cluster.image()).isEqualTo(before);
      }
      for (TopicImage topic : before.topics().byId().values()) {
        cluster.image().topic(topic.id()).ifPresent(after -> checkEpochs(topic, after));
      }
    }
  }

  private static void checkEpochs(TopicImage before, TopicImage after) {
    assertThat(after.partitions()).hasSizeGreaterThanOrEqualTo(before.partitions().size());
    for (int i = 0; i < before.partitions().size(); i++) {
      PartitionImage old = before.partitions().get(i);
      PartitionImage now = after.partitions().get(i);
      assertThat(now.partitionEpoch()).isGreaterThanOrEqualTo(old.partitionEpoch());
      assertThat(now.leaderEpoch()).isGreaterThanOrEqualTo(old.leaderEpoch());
      // S19: at most one leader per leader epoch.
      if (now.leaderEpoch() == old.leaderEpoch()) {
        assertThat(now.leader()).isEqualTo(old.leader());
      }
      if (!now.equals(old)) {
        assertThat(now.partitionEpoch()).isGreaterThan(old.partitionEpoch());
      }
    }
  }

  private static void checkSound(MetadataImage image) {
    Map<String, UUID> names = new HashMap<>();
    int partitions = 0;
    for (TopicImage topic : image.topics().byId().values()) {
      names.put(topic.name(), topic.id());
      partitions += topic.partitions().size();
      for (PartitionImage partition : topic.partitions()) {
        Set<Integer> distinct = new HashSet<>(partition.replicas());
        assertThat(distinct).hasSameSizeAs(partition.replicas());
        assertThat(image.brokers().keySet()).containsAll(distinct);
        if (partition.leader() != PartitionImage.NO_BROKER) {
          assertThat(partition.isr()).contains(partition.leader());
        }
        assertThat(partition.isr()).noneMatch(partition.elr()::contains);
      }
    }
    TopicsImage rebuilt = TopicsImage.EMPTY;
    for (TopicImage topic : image.topics().byId().values()) {
      rebuilt = rebuilt.with(topic);
    }
    assertThat(image.topics()).isEqualTo(rebuilt);
    assertThat(image.topics().idsByName()).isEqualTo(names);
    assertThat(image.topics().partitionCount()).isEqualTo(partitions);
    assertThat(image.requests().size()).isLessThanOrEqualTo(SETTINGS.maxRememberedRequests());
  }

  /** Without what names broker epochs, which are revisions and differ, or may run in steps. */
  private static boolean isAnsweredInOneEntry(Command command) {
    return command instanceof TopicCommand || command instanceof AlterReassignments;
  }

  private static Cluster started(long seed) {
    return new Cluster(SETTINGS, seed).start(1, 2, 3, 4);
  }

  private static Cluster run(long seed) {
    Cluster cluster = started(seed);
    RandomCommands commands = new RandomCommands(seed);
    for (int i = 0; i < 200; i++) {
      cluster.passTime(i * 10L);
      cluster.run(commands.next(cluster.image()));
    }
    return cluster;
  }
}
