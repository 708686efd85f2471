package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.ProducerIdBlock;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.ControllerSettings.TopicDefaults;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ControllerTest {
  private final Cluster cluster = Cluster.ofOneBroker();

  @Test
  void createdTopicHasWhatWasAskedFor() {
    TopicResult created =
        (TopicResult)
            cluster.run(
                new CreateTopic("orders", 3, 1, Map.of("retention.ms", "1h"), RequestOptions.NONE));

    TopicImage topic = cluster.image().topic("orders").orElseThrow();
    assertThat(created.topicId()).contains(topic.id());
    assertThat(created.revision()).isEqualTo(cluster.image().revision());
    assertThat(topic.configs()).containsExactly(Map.entry("retention.ms", "3600000"));
    assertThat(topic.partitions()).hasSize(3);
    PartitionImage partition = topic.partitions().get(2);
    assertThat(partition.replicas()).containsExactly(1);
    assertThat(partition.isr()).containsExactly(1);
    assertThat(partition.leader()).isEqualTo(1);
    assertThat(partition.directories()).containsExactly(PartitionImage.UNASSIGNED);
  }

  @Test
  void topicWithoutNumbersHasTheClustersDefaults() {
    Cluster other =
        new Cluster(ControllerSettings.DEFAULTS.withTopics(new TopicDefaults(4, 2, 2, false)), 1);
    other.start(1, 2);
    other.run(create("orders", 0, 0));

    TopicImage topic = other.image().topic("orders").orElseThrow();
    assertThat(topic.partitions()).hasSize(4);
    assertThat(topic.replicationFactor()).isEqualTo(2);
    assertThat(topic.partitions().get(0).effectiveMinIsr()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "orders", "A-b_c.9", "...", "__consumer_offsets", "..a", "-", "_"})
  void takesGoodNames(String name) {
    assertThat(cluster.run(create(name, 1, 1))).isInstanceOf(TopicResult.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "a/b",
        "../a",
        "a b",
        "a\u0000",
        "a\n",
        "ü",
        "a:b",
        "a\\b",
        "a*",
        "\ud83d\ude00"
      })
  void refusesBadNamesAndSaysWhatIsExpected(String name) {
    MillraceError error = refused(create(name, 1, 1));
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_TOPIC_NAME);
    assertThat(error.message()).contains("expected: 1 to 249 characters of [a-zA-Z0-9._-]");
    assertThat(error.message().chars()).noneMatch(Character::isISOControl);
  }

  @Test
  void nameHasAtMost249Characters() {
    assertThat(cluster.run(create("a".repeat(249), 1, 1))).isInstanceOf(TopicResult.class);
    MillraceError error = refused(create("a".repeat(250), 1, 1));
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_TOPIC_NAME);
    assertThat(error.message()).startsWith("topic name: 250 characters (expected: ");
  }

  @ParameterizedTest
  @CsvSource({"-1", "10001", "2147483647", "-2147483648"})
  void refusesBadPartitionCounts(int partitions) {
    MillraceError error = refused(create("orders", partitions, 1));
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_PARTITION_COUNT);
    assertThat(error.message()).isEqualTo("partitions: " + partitions + " (expected: 1 to 10000)");
  }

  @Test
  void largestTopicFitsIntoOneEntry() {
    Cluster three = new Cluster(ControllerSettings.DEFAULTS, 1);
    three.start(1, 2, 3);
    assertThat(three.run(create("orders", 10_000, 3))).isInstanceOf(TopicResult.class);
    assertThat(three.image().topics().partitionCount()).isEqualTo(10_000);
  }

  @ParameterizedTest
  @CsvSource({"-1", "2", "32768"})
  void refusesReplicationFactorsThatTheBrokersCannotHold(int factor) {
    MillraceError error = refused(create("orders", 1, factor));
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REPLICATION_FACTOR);
    assertThat(error.message())
        .isEqualTo(
            "replication factor: "
                + factor
                + " (expected: 1 to 1, the number of registered brokers that are not stopping)");
  }

  @Test
  void withoutABrokerACreationIsToBeTriedAgain() {
    Cluster empty = new Cluster(ControllerSettings.DEFAULTS, 1);
    Refused refused = (Refused) empty.run(create("orders", 1, 1));
    assertThat(refused.error().code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void refusesUnknownAndBadConfigurationAndCreatesNothing() {
    MillraceError unknown =
        refused(new CreateTopic("a", 1, 1, Map.of("retention.mss", "1"), RequestOptions.NONE));
    assertThat(unknown.code()).isEqualTo(ErrorCode.INVALID_CONFIG);
    assertThat(unknown.message()).contains("retention.mss").contains("did you mean retention.ms?");
    MillraceError bad =
        refused(new CreateTopic("a", 1, 1, Map.of("retention.ms", "soon"), RequestOptions.NONE));
    assertThat(bad.code()).isEqualTo(ErrorCode.INVALID_CONFIG);
    assertThat(cluster.image().topics().byId()).isEmpty();
  }

  @Test
  void refusesANameThatIsTaken() {
    cluster.run(create("orders", 1, 1));
    MillraceError error = refused(create("orders", 1, 1));
    assertThat(error.code()).isEqualTo(ErrorCode.TOPIC_ALREADY_EXISTS);
    assertThat(error.message()).contains("orders exists already");
  }

  @Test
  void ofTwoThatWaitTogetherForOneNameTheFirstHasIt() {
    List<CommandResult> results =
        cluster.runAll(List.of(create("orders", 1, 1), create("orders", 2, 1)));
    assertThat(results.get(0)).isInstanceOf(TopicResult.class);
    assertThat(((Refused) results.get(1)).error().code()).isEqualTo(ErrorCode.TOPIC_ALREADY_EXISTS);
    assertThat(cluster.image().topic("orders").orElseThrow().partitions()).hasSize(1);
  }

  @Test
  void checkOnlyChangesNothingAndGivesNoId() {
    MetadataImage before = cluster.image();
    TopicResult checked =
        (TopicResult) cluster.run(new CreateTopic("a", 1, 1, Map.of(), RequestOptions.checkOnly()));
    assertThat(checked.topicId()).isEmpty();
    assertThat(refused(new CreateTopic("a/b", 1, 1, Map.of(), RequestOptions.checkOnly())).code())
        .isEqualTo(ErrorCode.INVALID_TOPIC_NAME);
    assertThat(cluster.image()).isEqualTo(before);
  }

  @Test
  void repeatedRequestIsAnsweredAsTheFirstWas() {
    CreateTopic create =
        new CreateTopic("orders", 1, 1, Map.of("retention.ms", "1"), RequestOptions.withId("r1"));
    CommandResult first = cluster.run(create);
    cluster.run(create("other", 1, 1));
    MetadataImage before = cluster.image();

    assertThat(cluster.run(create)).isEqualTo(first);
    assertThat(cluster.image()).isEqualTo(before);
  }

  @Test
  void repetitionsThatWaitTogetherAreAnsweredAlike() {
    CreateTopic create = new CreateTopic("orders", 1, 1, Map.of(), RequestOptions.withId("r1"));
    List<CommandResult> results = cluster.runAll(List.of(create, create));
    assertThat(results.get(0)).isInstanceOf(TopicResult.class).isEqualTo(results.get(1));
  }

  @Test
  void requestIdOfAnotherRequestIsRefused() {
    cluster.run(new CreateTopic("orders", 1, 1, Map.of(), RequestOptions.withId("r1")));
    List<Command> others =
        List.of(
            new CreateTopic("orders", 2, 1, Map.of(), RequestOptions.withId("r1")),
            new CreateTopic(
                "orders", 1, 1, Map.of("retention.ms", "1"), RequestOptions.withId("r1")),
            new CreateTopic("other", 1, 1, Map.of(), RequestOptions.withId("r1")),
            new DeleteTopic("orders", Optional.empty(), RequestOptions.withId("r1")));
    for (Command other : others) {
      assertThat(refused(other).code()).isEqualTo(ErrorCode.REQUEST_ID_REUSED);
    }
  }

  @Test
  void requestIdIsForgottenInTime() {
    CreateTopic create = new CreateTopic("a", 1, 1, Map.of(), RequestOptions.withId("r1"));
    cluster.run(create);
    cluster.passTime(ControllerSettings.DEFAULTS.requestRetentionMs());
    assertThat(cluster.run(create)).isInstanceOf(TopicResult.class);
    cluster.passTime(1);
    assertThat(refused(create).code()).isEqualTo(ErrorCode.TOPIC_ALREADY_EXISTS);

    cluster.run(new CreateTopic("b", 1, 1, Map.of(), RequestOptions.withId("r2")));
    assertThat(cluster.image().requests().find("r1")).isEmpty();
  }

  @Test
  void requestIdsAreBoundedInNumber() {
    Cluster small = new Cluster(ControllerSettings.DEFAULTS.withBounds(512 * 1024, 3), 1);
    small.start(1);
    for (int i = 0; i < 5; i++) {
      small.run(new CreateTopic("t" + i, 1, 1, Map.of(), RequestOptions.withId("r" + i)));
    }
    assertThat(small.image().requests().size()).isEqualTo(3);
    assertThat(small.image().requests().find("r1")).isEmpty();
    assertThat(small.image().requests().find("r2")).isPresent();
  }

  @ParameterizedTest
  @CsvSource({"0", "129"})
  void refusesRequestIdsOfBadLength(int chars) {
    String id = "x".repeat(chars);
    assertThat(refused(new CreateTopic("a", 1, 1, Map.of(), RequestOptions.withId(id))).code())
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void refusedRequestIsNotRemembered() {
    CreateTopic bad = new CreateTopic("a", 0, 5, Map.of(), RequestOptions.withId("r1"));
    refused(bad);
    cluster.start(2);
    assertThat(refused(bad).code()).isEqualTo(ErrorCode.INVALID_REPLICATION_FACTOR);
    assertThat(cluster.image().requests().size()).isZero();
  }

  @Test
  void deletedTopicIsGoneAndItsNameIsFree() {
    cluster.run(create("orders", 2, 1));
    UUID id = cluster.image().topic("orders").orElseThrow().id();
    TopicResult deleted =
        (TopicResult) cluster.run(new DeleteTopic("orders", Optional.empty(), RequestOptions.NONE));
    assertThat(deleted.topicId()).contains(id);
    assertThat(cluster.image().topic("orders")).isEmpty();

    cluster.run(create("orders", 2, 1));
    assertThat(cluster.image().topic("orders").orElseThrow().id()).isNotEqualTo(id);
  }

  @Test
  void deletionOfAnUnknownTopicNamesTheNearest() {
    cluster.run(create("orders", 1, 1));
    MillraceError error = refused(new DeleteTopic("ordres", Optional.empty(), RequestOptions.NONE));
    assertThat(error.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
    assertThat(error.message()).isEqualTo("there is no topic ordres; did you mean orders?");
    assertThat(error.details()).containsEntry("nearest", "orders");
  }

  @Test
  void deletionByTheIdOfAnEarlierTopicIsRefused() {
    cluster.run(create("orders", 1, 1));
    MillraceError error =
        refused(new DeleteTopic("orders", Optional.of(new UUID(5, 5)), RequestOptions.NONE));
    assertThat(error.code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
    assertThat(cluster.image().topic("orders")).isPresent();
  }

  @Test
  void configurationIsChangedKeyByKey() {
    cluster.run(
        new CreateTopic(
            "a", 1, 1, Map.of("retention.ms", "1", "segment.bytes", "2048"), RequestOptions.NONE));
    cluster.run(
        new AlterTopicConfigs(
            "a",
            Map.of(
                "retention.ms", Optional.empty(),
                "max.message.bytes", Optional.of("64KB")),
            RequestOptions.NONE));
    assertThat(cluster.image().topic("a").orElseThrow().configs())
        .containsOnly(Map.entry("segment.bytes", "2048"), Map.entry("max.message.bytes", "65536"));
  }

  @Test
  void oneBadConfigurationEntryChangesNone() {
    cluster.run(create("a", 1, 1));
    MetadataImage before = cluster.image();
    assertThat(
            refused(
                    new AlterTopicConfigs(
                        "a",
                        Map.of("retention.ms", Optional.of("5"), "colour", Optional.empty()),
                        RequestOptions.NONE))
                .code())
        .isEqualTo(ErrorCode.INVALID_CONFIG);
    assertThat(cluster.image()).isEqualTo(before);
  }

  @Test
  void configurationThatIsSoAlreadyWritesNothing() {
    cluster.run(new CreateTopic("a", 1, 1, Map.of("retention.ms", "1s"), RequestOptions.NONE));
    MetadataImage before = cluster.image();
    cluster.run(
        new AlterTopicConfigs(
            "a", Map.of("retention.ms", Optional.of("1000")), RequestOptions.NONE));
    assertThat(cluster.image()).isEqualTo(before);
  }

  /** S05: the effective min ISR is never above the replication factor. */
  @Test
  void S05_effectiveMinIsrIsAtMostTheReplicationFactor() {
    cluster.run(
        new CreateTopic("a", 1, 1, Map.of("min.insync.replicas", "2"), RequestOptions.NONE));
    assertThat(partition("a", 0).effectiveMinIsr()).isEqualTo(1);
  }

  /** S03: changing min.insync.replicas changes the partitions, with a new partition epoch. */
  @Test
  void S03_changedMinIsrBumpsThePartitionEpoch() {
    cluster.start(2, 3);
    cluster.run(create("a", 2, 3));
    cluster.run(
        new AlterTopicConfigs(
            "a", Map.of("min.insync.replicas", Optional.of("2")), RequestOptions.NONE));
    assertThat(partition("a", 1).effectiveMinIsr()).isEqualTo(2);
    assertThat(partition("a", 1).partitionEpoch()).isEqualTo(1);
    assertThat(partition("a", 1).leaderEpoch()).isZero();
  }

  @Test
  void addedPartitionsLeaveTheOthersAlone() {
    cluster.run(create("a", 2, 1));
    PartitionImage first = partition("a", 0);
    cluster.run(new CreatePartitions("a", 5, RequestOptions.NONE));
    assertThat(cluster.image().topic("a").orElseThrow().partitions()).hasSize(5);
    assertThat(partition("a", 0)).isSameAs(first);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "2", "10001"})
  void partitionsAreOnlyAdded(int count) {
    cluster.run(create("a", 2, 1));
    MillraceError error = refused(new CreatePartitions("a", count, RequestOptions.NONE));
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_PARTITION_COUNT);
    assertThat(error.message()).contains("expected: 3 to 10000");
  }

  /** KIP-903: the late command of a process that has died may come behind that of the next one. */
  @Test
  void S10_twoProcessesThatRegisterInOneEntryDoNotShareAnEpoch() {
    List<CommandResult> results =
        cluster.runAll(List.of(Cluster.register(7, "", 2), Cluster.register(7, "", 1)));

    assertThat(cluster.image().broker(7).orElseThrow().registration().incarnationId())
        .isEqualTo(new UUID(7, 2));
    assertThat(((Refused) results.get(1)).error().code()).isEqualTo(ErrorCode.BROKER_ID_IN_USE);
    BrokerResult later = (BrokerResult) cluster.run(Cluster.register(7, "", 3));
    assertThat(later.brokerEpoch()).isGreaterThan(((BrokerResult) results.get(0)).brokerEpoch());
  }

  @Test
  void sameProcessRegistersOnlyOnce() {
    BrokerResult first = (BrokerResult) cluster.run(Cluster.register(7, ""));
    MetadataImage before = cluster.image();
    BrokerResult second = (BrokerResult) cluster.run(Cluster.register(7, ""));
    assertThat(second.brokerEpoch()).isEqualTo(first.brokerEpoch());
    assertThat(cluster.image()).isEqualTo(before);
  }

  /** S12: a restarted leader begins a new leader epoch, whatever its log has lost. */
  @Test
  void S12_newProcessLeadsInANewEpoch() {
    cluster.run(create("a", 3, 1));
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    cluster.fence(1);
    assertThat(cluster.start(Cluster.register(1, "", 2))).isGreaterThan(epoch);
    for (PartitionImage partition : cluster.image().topic("a").orElseThrow().partitions()) {
      assertThat(partition.leader()).isEqualTo(1);
      assertThat(partition.leaderEpoch()).isEqualTo(2);
      assertThat(partition.isr()).containsExactly(1);
    }
  }

  @Test
  void registrationOfManyPartitionsRunsAsSeveralEntries() {
    for (int i = 0; i < 8; i++) {
      cluster.run(create("t" + i, 10_000, 1));
    }
    int before = cluster.log().size();
    cluster.fence(1);
    cluster.start(Cluster.register(1, "", 2));
    assertThat(cluster.log().size() - before).isGreaterThan(3);
    assertThat(cluster.log())
        .allMatch(
            entry -> entry.getSerializedSize() <= ControllerSettings.DEFAULTS.maxEntryBytes());
    assertThat(cluster.image().topics().byId().values())
        .allMatch(topic -> topic.partitions().stream().allMatch(p -> p.leader() == 1));
  }

  @Test
  void brokerThatCannotRunAtTheClustersLevelIsRefused() {
    Command.RegisterBroker good = Cluster.register(2, "");
    MillraceError error =
        refused(
            new Command.RegisterBroker(
                2,
                good.incarnationId(),
                good.clientEndpoint(),
                good.internalEndpoint(),
                "",
                new FeatureRange(2, 3),
                good.start()));
    assertThat(error.code()).isEqualTo(ErrorCode.UNSUPPORTED);
    assertThat(error.message()).contains("2 to 3 (expected: the cluster's level, 1");
  }

  @Test
  void producerIdsAreNeverGivenTwice() {
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    List<CommandResult> results =
        cluster.runAll(
            List.of(
                new AllocateProducerIds(1, epoch, 1_000), new AllocateProducerIds(1, epoch, 10)));
    assertThat(((ProducerIdBlock) results.get(0)).firstProducerId()).isZero();
    assertThat(((ProducerIdBlock) results.get(1)).firstProducerId()).isEqualTo(1_000);
    assertThat(cluster.image().nextProducerId()).isEqualTo(1_010);
  }

  @Test
  void staleBrokerEpochIsRefused() {
    assertThat(refused(new AllocateProducerIds(1, 999, 10)).code())
        .isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
    assertThat(refused(new AllocateProducerIds(5, 1, 10)).message())
        .contains("expected: a registered broker");
  }

  @Test
  void assignedDirectoriesAreRemembered() {
    cluster.run(create("a", 2, 1));
    UUID topic = cluster.image().topic("a").orElseThrow().id();
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    UUID directory = Cluster.directory(1);
    Map<TopicIdPartition, UUID> assigned = new HashMap<>();
    assigned.put(new TopicIdPartition(topic, 1), directory);
    assigned.put(new TopicIdPartition(new UUID(3, 3), 0), directory);
    CommandResult done = cluster.run(new AssignDirectories(1, epoch, assigned));
    assertThat(done).isInstanceOf(Done.class);
    assertThat(partition("a", 1).directoryOf(1)).isEqualTo(directory);
    assertThat(partition("a", 0).directoryOf(1)).isEqualTo(PartitionImage.UNASSIGNED);

    MetadataImage before = cluster.image();
    cluster.run(new AssignDirectories(1, epoch, assigned));
    assertThat(cluster.image()).isEqualTo(before);
  }

  @Test
  void directoriesOfManyPartitionsAreAssignedInSeveralEntries() {
    Map<TopicIdPartition, UUID> assigned = new HashMap<>();
    for (int i = 0; i < 3; i++) {
      cluster.run(create("t" + i, 10_000, 1));
      UUID topic = cluster.image().topic("t" + i).orElseThrow().id();
      for (int partition = 0; partition < 10_000; partition++) {
        assigned.put(new TopicIdPartition(topic, partition), Cluster.directory(1));
      }
    }
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    CommandResult done = cluster.run(new AssignDirectories(1, epoch, assigned));
    assertThat(done).isEqualTo(new Done(cluster.image().revision()));
    assertThat(partition("t2", 9_999).directoryOf(1)).isEqualTo(Cluster.directory(1));
    assertThat(cluster.log())
        .allMatch(
            entry -> entry.getSerializedSize() <= ControllerSettings.DEFAULTS.maxEntryBytes());
  }

  @Test
  void directoriesAreAssignedInTheOrderOfThePartitions() {
    cluster.run(create("ordered", 200, 1));
    UUID topic = cluster.image().topic("ordered").orElseThrow().id();
    Map<TopicIdPartition, UUID> assigned = new HashMap<>();
    for (int partition = 0; partition < 200; partition++) {
      assigned.put(new TopicIdPartition(topic, partition), Cluster.directory(1));
    }
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    cluster.run(new AssignDirectories(1, epoch, assigned));

    var last = cluster.log().get(cluster.log().size() - 1);
    assertThat(last.getRecords(0).getPartitionsChanged().getChangesList())
        .extracting(change -> change.getPartition())
        .hasSize(200)
        .isSorted();
  }

  @Test
  void directoryOfAnotherBrokerIsRefused() {
    long epoch = cluster.image().broker(1).orElseThrow().epoch();
    Map<TopicIdPartition, UUID> assigned =
        Map.of(new TopicIdPartition(new UUID(3, 3), 0), Cluster.directory(2));
    assertThat(refused(new AssignDirectories(1, epoch, assigned)).code())
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void commandThatDoesNotFitIntoAnEntryIsRefusedWithTheLimit() {
    Cluster small = new Cluster(ControllerSettings.DEFAULTS.withBounds(4_096, 10), 1);
    small.start(1);
    for (RequestOptions options : List.of(RequestOptions.NONE, RequestOptions.checkOnly())) {
      Refused refused = (Refused) small.run(new CreateTopic("a", 1_000, 1, Map.of(), options));
      assertThat(refused.error().code()).isEqualTo(ErrorCode.REQUEST_TOO_LARGE);
      assertThat(refused.error().message()).contains("expected: at most 4096");
    }
    assertThat(small.image().topics().byId()).isEmpty();
  }

  @Test
  void commandsThatDoNotFitTogetherGoIntoFurtherEntries() {
    Cluster small = new Cluster(ControllerSettings.DEFAULTS.withBounds(1_024, 10), 1);
    small.start(1);
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      commands.add(create("t" + i, 5, 1));
    }
    int before = small.log().size();
    assertThat(small.runAll(commands)).allMatch(TopicResult.class::isInstance);
    assertThat(small.log()).allMatch(entry -> entry.getSerializedSize() <= 1_024);
    assertThat(small.log().size() - before).isBetween(5, 25);
  }

  private static CreateTopic create(String name, int partitions, int replicationFactor) {
    return new CreateTopic(name, partitions, replicationFactor, Map.of(), RequestOptions.NONE);
  }

  private PartitionImage partition(String topic, int number) {
    return cluster.image().topic(topic).orElseThrow().partitions().get(number);
  }

  private MillraceError refused(Command command) {
    long revision = cluster.image().revision();
    CommandResult result = cluster.run(command);
    assertThat(result).isInstanceOf(Refused.class);
    assertThat(cluster.image().revision()).isEqualTo(revision);
    return ((Refused) result).error();
  }
}
