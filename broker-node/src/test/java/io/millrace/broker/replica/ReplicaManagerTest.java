package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirState;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.broker.replica.core.Role;
import io.millrace.broker.rpc.LogLines;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.metadata.image.MetadataImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReplicaManagerTest {
  /** No checkpoint is written by itself. */
  private static final long NEVER = 3_600_000;

  private final List<TestBroker> brokers = new ArrayList<>();

  @AfterEach
  void nothingWasFoundImpossible() {
    for (TestBroker broker : brokers) {
      assertThat(broker.faults).isEmpty();
    }
  }

  @Test
  void spreadsNewPartitionsOverTheDirectoriesAndLeadsThem() throws Exception {
    try (TestBroker broker = start(Map.of("/a", new MemoryFileStore(), "/b", disk()))) {
      UUID topic = broker.createTopic("orders", 6, Map.of());
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();

      assertThat(broker.image().topic(topic).orElseThrow().partitions())
          .extracting(partition -> partition.directories().get(0))
          .containsOnly(broker.dirs.get(0).directoryId(), broker.dirs.get(1).directoryId())
          .filteredOn(id -> id.equals(broker.dirs.get(0).directoryId()))
          .hasSize(3);
      for (int i = 0; i < 6; i++) {
        assertThat(append(broker, topic, i, Acks.ALL).baseOffset()).isZero();
      }
    }
  }

  @Test
  void S31_afterACleanShutdownEverythingIsThereAndNothingIsReadAgain() throws Exception {
    MemoryFileStore disk = disk();
    UUID topic;
    MetadataImage known;
    try (TestBroker broker = start(Map.of("/a", disk))) {
      topic = serving(broker, "orders", Map.of());
      append(broker, topic, 0, Acks.ALL);
      known = broker.image();
    }

    try (TestBroker broker = restart(Map.of("/a", disk), false, known)) {
      assertThat(broker.manager.recoveryProgress()).isEqualTo(new LogRecovery.Progress(1, 1, 0));
      assertThat(broker.dirs.get(0).wasCleanlyClosed()).isTrue();
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(broker.partition(topic, 0).view().highWatermark()).isEqualTo(1);
      assertThat(append(broker, topic, 0, Acks.ALL).baseOffset()).isEqualTo(1);
    }
  }

  @Test
  void whatATopicSetWhileTheLogsWereRecoveredHolds() throws Exception {
    MemoryFileStore disk = disk();
    UUID topic;
    MetadataImage known;
    try (TestBroker broker = start(Map.of("/a", disk))) {
      topic = serving(broker, "orders", Map.of("max.message.bytes", "1000"));
      known = broker.image();
    }
    try (TestBroker broker = new TestBroker(Map.of("/a", disk), false, known)) {
      brokers.add(broker);
      broker.configure(topic, Map.of("max.message.bytes", "2000"));
      broker.register();
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(broker.partition(topic, 0).config().topic().get(TopicConfigs.MAX_MESSAGE_BYTES))
          .isEqualTo(2_000);
    }
  }

  @Test
  void S31_afterACrashNothingAcknowledgedUnderCommitIsLost() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
    for (int i = 0; i < 20; i++) {
      append(broker, topic, 0, i % 2 == 0 ? Acks.ALL : Acks.LEADER);
    }
    MemoryFileStore after = disk.crashClone(4711);
    MetadataImage known = broker.image();
    broker.close();

    try (TestBroker again = restart(Map.of("/a", after), false, known)) {
      assertThat(again.dirs.get(0).wasCleanlyClosed()).isFalse();
      again.manager.whenServing(topic, again.image().revision(), 10_000).get();
      await()
          .untilAsserted(
              () ->
                  assertThat(again.partition(topic, 0).view().highWatermark())
                      .isGreaterThanOrEqualTo(20));
      assertThat(again.manager.recoveryProgress().checkedBytes()).isPositive();
    }
  }

  @Test
  void S31_aBrokerThatCannotOpenALogThoughItsDiskIsWellDoesNotGoOnWithoutIt() throws Exception {
    FaultPlan plan = new FaultPlan();
    Map<String, FileStore> disks = Map.of("/a", new FaultyFileStore(disk(), plan));
    MetadataImage known;
    try (TestBroker broker = start(disks)) {
      serving(broker, "orders", Map.of());
      known = broker.image();
    }
    plan.on(Operation.OPEN)
        .path("**.log")
        .run(
            () -> {
              throw new IllegalStateException("impossible");
            });

    assertThatThrownBy(() -> restart(disks, false, known))
        .hasMessageContaining("open logs: 0 (expected: 1)");
  }

  @Test
  void S34_aFailedSyncTakesItsDirectoryOfflineAndTheOtherGoesOn() throws Exception {
    FaultPlan plan = new FaultPlan();
    FileStore failing = new FaultyFileStore(new MemoryFileStore(), plan);
    try (TestBroker broker = start(Map.of("/a", failing, "/b", disk()))) {
      UUID topic = broker.createTopic("orders", 4, Map.of("flush.mode", "commit"));
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      int onA = partitionIn(broker, topic, 0);
      int onB = partitionIn(broker, topic, 1);
      AtomicInteger syncs = new AtomicInteger();
      plan.on(Operation.FORCE).path("**.log").run(syncs::incrementAndGet);
      plan.on(Operation.FORCE).path("**.log").failOnce("Input/output error");

      ErrorCode waiting = failure(broker, topic, onA);
      ErrorCode later = failure(broker, topic, onA);

      assertThat(waiting).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      assertThat(later).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      assertThat(syncs).as("never tried again").hasValue(1);
      assertThat(broker.dirs.get(0).state()).isEqualTo(DataDirState.OFFLINE);
      assertThat(append(broker, topic, onB, Acks.ALL).baseOffset()).isZero();
      UUID newer = serving(broker, "newer", Map.of());
      assertThat(partitionIn(broker, newer, 1)).as("made where the disk is well").isZero();
      await()
          .untilAsserted(
              () ->
                  assertThat(broker.manager.partitions())
                      .filteredOn(each -> !each.view().leads())
                      .hasSize(2));
    }
  }

  @Test
  void S34_whoWaitsForAPartitionThatNoDirectoryTakesIsToldAtOnce() throws Exception {
    FaultPlan plan = new FaultPlan();
    FileStore disk = new FaultyFileStore(disk(), plan);
    try (TestBroker broker = start(Map.of("/a", disk))) {
      assertThat(broker.manager.whyNothingCanBeMade()).isEmpty();
      plan.on(Operation.CREATE_DIRECTORIES).path("**").failFromThenOn("Input/output error");
      UUID topic = broker.createTopic("orders", 1, Map.of());

      CompletableFuture<Void> serving =
          broker.manager.whenServing(topic, broker.image().revision(), 3_600_000);

      await().until(serving::isDone);
      assertThatThrownBy(serving::get)
          .cause()
          .isInstanceOfSatisfying(
              MillraceException.class,
              refused -> assertThat(refused.code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE))
          .hasMessageContaining("orders-0 is offline: no log directory is online");
      assertThat(broker.manager.whyNothingCanBeMade().orElseThrow().message()).contains("0 of 1");
    }
  }

  @Test
  void S34_aFullDiskRefusesWithoutLosingWhatWasAcknowledged() throws Exception {
    MemoryFileStore disk = disk();
    try (TestBroker broker = start(Map.of("/a", disk))) {
      UUID topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
      append(broker, topic, 0, Acks.ALL);
      disk.limitTo(1);
      assertThat(failure(broker, topic, 0)).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      disk.limitTo(Long.MAX_VALUE);

      try (TestBroker again = restart(Map.of("/a", disk.killClone()), false, broker.image())) {
        again.manager.whenServing(topic, again.image().revision(), 10_000).get();
        await().until(() -> again.partition(topic, 0).view().highWatermark() >= 1);
      }
    }
  }

  @Test
  void aReplicaOnAMissingDirectoryIsNotMadeAnewElsewhere() throws Exception {
    MemoryFileStore a = disk();
    MemoryFileStore b = disk();
    UUID topic;
    MetadataImage known;
    int onB;
    try (TestBroker broker = start(Map.of("/a", a, "/b", b))) {
      topic = broker.createTopic("orders", 2, Map.of());
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      onB = partitionIn(broker, topic, 1);
      known = broker.image();
    }

    try (TestBroker broker = restart(Map.of("/a", a), true, known)) {
      TopicIdPartition there = new TopicIdPartition(topic, 1 - onB);
      TopicIdPartition away = new TopicIdPartition(topic, onB);
      await().until(() -> broker.manager.find(there).filter(p -> p.view().leads()).isPresent());

      assertThat(broker.manager.find(away)).isEmpty();
      assertThat(broker.manager.whyAbsent(away).code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      assertThat(a.exists(Path.of("/a/orders-" + onB))).isFalse();
      serving(broker, "newer", Map.of());
    }
  }

  /** A person may delete a log's files; and the controller may hear late of a former replica's. */
  @Test
  void aLogThatIsNotWhereItShouldBeIsMadeAnewOnceAnotherReplicaLeads() throws Exception {
    MemoryFileStore disk = disk();
    UUID topic;
    MetadataImage known;
    try (TestBroker broker = start(Map.of("/a", disk))) {
      topic = serving(broker, "orders", Map.of());
      append(broker, topic, 0, Acks.ALL);
      known = broker.image();
    }
    for (Path file : disk.list(Path.of("/a/orders-0"))) {
      disk.delete(file);
    }
    disk.delete(Path.of("/a/orders-0"));

    try (TestBroker broker = restart(Map.of("/a", disk), false, known)) {
      TopicIdPartition id = new TopicIdPartition(topic, 0);
      serving(broker, "newer", Map.of());
      assertThat(broker.manager.find(id)).as("it leads: nobody else has its records").isEmpty();
      assertThat(broker.manager.whyAbsent(id).message()).contains("where it should be");

      broker.leadElsewhere(topic);
      await().until(() -> broker.manager.find(id).isPresent());
      await().until(() -> broker.partition(topic, 0).view().role() == Role.FOLLOWER);
      assertThat(broker.partition(topic, 0).view().logEndOffset()).isZero();
    }
  }

  @Test
  void ofTwoLogsOfAPartitionTheOneThatTheMetadataDoNotNameIsSetAside() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known = withFormerLogs(disk);
    UUID topic = known.topic("orders").orElseThrow().id();

    try (TestBroker broker = restart(bothOn(disk), false, known)) {
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      for (int number = 0; number < 2; number++) {
        assertThat(broker.partition(topic, number).view().logEndOffset()).isEqualTo(2);
      }
      assertThat(namesIn(disk, "/a")).contains("orders-0", "orders-1.0.stray");
      assertThat(namesIn(disk, "/b")).contains("orders-1", "orders-0.0.stray");
      assertThat(namesIn(disk, "/a")).doesNotContain("orders-1");
      assertThat(namesIn(disk, "/b")).doesNotContain("orders-0");
    }
    try (TestBroker broker = restart(bothOn(disk), false, known)) {
      assertThat(broker.dirs).allMatch(DataDir::wasCleanlyClosed);
    }
  }

  @Test
  void aLogThatDoesNotCountIsGivenUpThoughOlderMetadataHadItOpened() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known = withFormerLogs(disk);
    UUID topic = known.topic("orders").orElseThrow().id();
    TopicIdPartition inB = new TopicIdPartition(topic, 1);
    try (TestBroker unregistered = new TestBroker(bothOn(disk), false, MetadataImage.EMPTY)) {
      assertThat(unregistered.partition(topic, 1).view().logEndOffset()).isEqualTo(1);
    }

    try (TestBroker broker = new TestBroker(bothOn(disk), false, MetadataImage.EMPTY)) {
      brokers.add(broker);
      assertThat(broker.dirs.get(1).wasCleanlyClosed()).isFalse();
      assertThat(broker.dirs.get(1).recoveryPoints()).containsEntry(inB, 2L);
      assertThat(broker.dirs.get(1).highWatermarks()).containsEntry(inB, 2L);
      broker.catchUp(known);
      broker.register();
      await().until(() -> broker.partition(topic, 0).view().leads());

      assertThat(broker.partition(topic, 0).view().logEndOffset()).isEqualTo(2);
      assertThat(broker.manager.find(inB)).isEmpty();
      assertThat(broker.manager.whyAbsent(inB).code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      assertThat(broker.manager.withheldLogs()).hasToString("[orders-1 (unopened)]");
      assertThat(namesIn(disk, "/a")).contains("orders-0", "orders-1.0.stray");
      assertThat(namesIn(disk, "/b")).contains("orders-1", "orders-0.0.stray");
    }
    try (TestBroker broker = restart(bothOn(disk), false, known)) {
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(broker.partition(topic, 1).view().logEndOffset()).isEqualTo(2);
    }
  }

  @Test
  void aLogThatWasNotOpenedIsNotCalledDamagedWhenItIsTakenUpAgain() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known = withFormerLogs(disk);
    UUID topic = known.topic("orders").orElseThrow().id();
    TopicIdPartition inB = new TopicIdPartition(topic, 1);
    try (TestBroker broker = new TestBroker(bothOn(disk), false, MetadataImage.EMPTY);
        LogLines log = new LogLines(WithheldLogRepair.class)) {
      brokers.add(broker);
      broker.catchUp(known);
      broker.register();
      await().until(() -> broker.manager.find(inB).isEmpty());

      broker.leadElsewhere(topic, 1);
      await().until(() -> broker.manager.find(inB).isPresent());

      assertThat(broker.manager.withheldLogs()).isEmpty();
      assertThat(log.lines)
          .singleElement()
          .asString()
          .contains("its unopened log is opened, up to offset 2")
          .doesNotContain("damaged", "given-up");
    }
  }

  /** A disk is back whose replica was made anew on another one, which is away now. */
  @Test
  void S34_aFormerLogIsNotServedWhileTheDirectoryThatTheMetadataNameIsAway() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known = withFormerLogs(disk);
    UUID topic = known.topic("orders").orElseThrow().id();
    TopicIdPartition inB = new TopicIdPartition(topic, 1);

    try (TestBroker broker = restart(Map.of("/a", disk), true, known)) {
      await().until(() -> broker.partition(topic, 0).view().leads());
      await().until(() -> broker.manager.find(inB).isEmpty());
      assertThat(broker.manager.whyAbsent(inB).code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      assertThat(broker.manager.withheldLogs()).hasToString("[orders-1 (former)]");
      assertThat(broker.image().topic(topic).orElseThrow().partitions().get(1).directories())
          .isEqualTo(known.topic(topic).orElseThrow().partitions().get(1).directories());
    }
    try (TestBroker broker = restart(bothOn(disk), false, known)) {
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(broker.partition(topic, 1).view().logEndOffset()).isEqualTo(2);
      assertThat(namesIn(disk, "/a")).contains("orders-0", "orders-1.0.stray");
    }
  }

  /** The directory that the metadata name is there, and the log is not in it. */
  @Test
  void aLogThatWasMovedByHandToAnotherDirectoryIsServedThere() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known = withFormerLogs(disk);
    UUID topic = known.topic("orders").orElseThrow().id();
    disk.rename(Path.of("/b/orders-1"), Path.of("/b/orders-1.0.stray"));

    try (TestBroker broker = restart(bothOn(disk), false, known)) {
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(broker.image().topic(topic).orElseThrow().partitions().get(1).directories())
          .containsExactly(broker.dirs.get(0).directoryId());
      assertThat(broker.partition(topic, 1).view().logEndOffset()).isEqualTo(1);
    }
  }

  @Test
  void ofTwoFormerLogsNoneIsSetAsideWhileTheDirectoryThatTheMetadataNameIsAway() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known = withFormerLogs(disk);
    UUID topic = known.topic("orders").orElseThrow().id();
    TopicIdPartition inB = new TopicIdPartition(topic, 1);
    Map<String, FileStore> withoutB = Map.of("/a", disk, "/c", disk);
    restart(withoutB, true, known).close();
    copy(disk, Path.of("/kept/orders-1"), Path.of("/c/orders-1"));

    try (TestBroker broker = restart(withoutB, true, known)) {
      await().until(() -> broker.partition(topic, 0).view().leads());
      await().until(() -> broker.manager.find(inB).isEmpty());
    }

    assertThat(namesIn(disk, "/a")).contains("orders-1").doesNotContain("orders-1.0.stray");
    assertThat(namesIn(disk, "/c")).contains("orders-1").doesNotContain("orders-1.0.stray");
  }

  private static Map<String, FileStore> bothOn(FileStore disk) {
    return Map.of("/a", disk, "/b", disk);
  }

  /**
   * Makes a topic with a partition in each of two directories, and two records in each; a former
   * log of each, with the first record, lies in the other directory.
   *
   * @return the metadata
   */
  private MetadataImage withFormerLogs(MemoryFileStore disk) throws Exception {
    UUID topic;
    MetadataImage known;
    try (TestBroker broker = start(bothOn(disk))) {
      topic = broker.createTopic("orders", 2, Map.of());
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      append(broker, topic, 0, Acks.ALL);
      append(broker, topic, 1, Acks.ALL);
      assertThat(partitionIn(broker, topic, 0)).isZero();
      known = broker.image();
    }
    copy(disk, Path.of("/a/orders-0"), Path.of("/kept/orders-0"));
    copy(disk, Path.of("/b/orders-1"), Path.of("/kept/orders-1"));
    try (TestBroker broker = restart(bothOn(disk), false, known)) {
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      append(broker, topic, 0, Acks.ALL);
      append(broker, topic, 1, Acks.ALL);
      known = broker.image();
    }
    copy(disk, Path.of("/kept/orders-0"), Path.of("/b/orders-0"));
    copy(disk, Path.of("/kept/orders-1"), Path.of("/a/orders-1"));
    return known;
  }

  static void copy(FileStore disk, Path from, Path to) throws IOException {
    disk.createDirectories(to);
    for (Path file : disk.list(from)) {
      Path copied = to.resolve(String.valueOf(file.getFileName()));
      try (FileStore.StoredFile in = disk.open(file, FileStore.OpenMode.READ);
          FileStore.StoredFile out = disk.open(copied, FileStore.OpenMode.CREATE_NEW)) {
        ByteBuffer bytes = ByteBuffer.allocate((int) in.size());
        in.read(bytes, 0);
        out.write(bytes.flip(), 0);
      }
    }
  }

  @Test
  void aDeletedTopicFreesItsNameAtOnceAndItsFilesAfterTheDelay() throws Exception {
    MemoryFileStore disk = disk();
    try (TestBroker broker = start(Map.of("/a", disk))) {
      UUID old = serving(broker, "orders", Map.of("file.delete.delay.ms", "0"));
      append(broker, old, 0, Acks.ALL);
      PartitionHost host = broker.partition(old, 0);
      broker.deleteTopic(old);
      UUID fresh = serving(broker, "orders", Map.of());

      assertThat(append(broker, fresh, 0, Acks.ALL).baseOffset()).isZero();
      assertThat(failure(broker, host)).isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
      assertThat(broker.manager.whyAbsent(new TopicIdPartition(old, 0)).code())
          .isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
      assertThat(broker.manager.whyAbsent(new TopicIdPartition(fresh, 1)).code())
          .isEqualTo(ErrorCode.UNKNOWN_PARTITION);
      await().until(() -> namesIn(disk, "/a").stream().noneMatch(n -> n.endsWith(".deleted")));
    }
  }

  /** A broker that was away from the metadata for a while hears of both at once, ordered by id. */
  @Test
  void aTopicThatWasMadeAnewInTheMeantimeDoesNotLoseItsLogToTheDeletionOfTheOldOne()
      throws Exception {
    MemoryFileStore disk = disk();
    UUID fresh = new UUID(Long.MIN_VALUE, 1);
    MetadataImage known;
    try (TestBroker broker = start(Map.of("/a", disk))) {
      UUID old = serving(broker, "orders", Map.of("file.delete.delay.ms", "0"));
      append(broker, old, 0, Acks.ALL);
      broker.replaceTopic(old, fresh);
      broker.manager.whenServing(fresh, broker.image().revision(), 10_000).get();

      assertThat(append(broker, fresh, 0, Acks.ALL).baseOffset()).isZero();
      await().until(() -> namesIn(disk, "/a").stream().noneMatch(n -> n.endsWith(".deleted")));
      assertThat(namesIn(disk, "/a")).contains("orders-0").noneMatch(n -> n.endsWith(".stray"));
      known = broker.image();
    }

    try (TestBroker broker = restart(Map.of("/a", disk), false, known)) {
      assertThat(broker.partition(fresh, 0).view().logEndOffset()).isEqualTo(1);
    }
  }

  @Test
  void aLogOfNoTopicIsSetAsideAndKept() throws Exception {
    MemoryFileStore disk = disk();
    try (TestBroker broker = start(Map.of("/a", disk))) {
      append(broker, serving(broker, "orders", Map.of()), 0, Acks.ALL);
    }

    try (TestBroker broker = restart(Map.of("/a", disk), false, MetadataImage.EMPTY)) {
      UUID fresh = serving(broker, "orders", Map.of());

      assertThat(append(broker, fresh, 0, Acks.ALL).baseOffset()).isZero();
      assertThat(namesIn(disk, "/a")).contains("orders-0.0.stray");
      assertThat(disk.exists(Path.of("/a/orders-0.0.stray/00000000000000000000.log"))).isTrue();
    }
  }

  @Test
  void nothingLeadsBeforeTheMetadataShowThisProcess() throws Exception {
    MemoryFileStore disk = disk();
    MetadataImage known;
    UUID topic;
    try (TestBroker broker = start(Map.of("/a", disk))) {
      topic = serving(broker, "orders", Map.of());
      known = broker.image();
    }

    TestBroker broker = new TestBroker(Map.of("/a", disk), false, known);
    brokers.add(broker);
    try (broker) {
      assertThat(failure(broker, topic, 0)).isEqualTo(ErrorCode.NOT_LEADER);
      broker.register();
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(broker.partition(topic, 0).view().leaderEpoch()).isEqualTo(1);
    }
  }

  /** A process that was paused, say, while another one took its id over. */
  @Test
  void nothingIsLedOnTheRegistrationOfAnotherProcess() throws Exception {
    try (TestBroker broker = start(Map.of("/a", disk()))) {
      UUID topic = serving(broker, "orders", Map.of());
      append(broker, topic, 0, Acks.ALL);
      broker.registerAnother();
      await().untilAsserted(() -> assertThat(broker.partition(topic, 0).view().leads()).isFalse());
      assertThat(failure(broker, topic, 0)).isEqualTo(ErrorCode.NOT_LEADER);
      broker.register();
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      assertThat(append(broker, topic, 0, Acks.ALL).baseOffset()).isEqualTo(1);
    }
  }

  @Test
  void S27_S30_retentionDeletesOldSegmentsInTheBackground() throws Exception {
    MemoryFileStore disk = disk();
    try (TestBroker broker = start(Map.of("/a", disk))) {
      UUID topic =
          serving(broker, "orders", Map.of("segment.bytes", "2000", "file.delete.delay.ms", "0"));
      for (int i = 0; i < 10; i++) {
        broker.produce(broker.partition(topic, 0), Batches.ofBytes(900), Acks.ALL).get();
      }
      int before = logsIn(disk, "/a/orders-0").size();

      broker.configure(
          topic,
          Map.of("segment.bytes", "2000", "file.delete.delay.ms", "0", "retention.bytes", "3000"));

      await().until(() -> logsIn(disk, "/a/orders-0").size() <= before - 3);
      await()
          .until(
              () -> namesIn(disk, "/a/orders-0").stream().noneMatch(n -> n.endsWith(".deleted")));
      assertThat(broker.partition(topic, 0).view().logStartOffset()).isPositive();
      assertThat(broker.partition(topic, 0).view().logEndOffset()).isEqualTo(10);
    }
  }

  @Test
  void S30_whatRetentionTookStaysUnderAnotherNameForTheDelay() throws Exception {
    MemoryFileStore disk = disk();
    FaultPlan plan = new FaultPlan();
    AtomicInteger rounds = new AtomicInteger();
    plan.on(Operation.RENAME).path("**recovery-points.tmp").run(rounds::incrementAndGet);
    try (TestBroker broker = start(Map.of("/a", new FaultyFileStore(disk, plan)))) {
      UUID topic =
          serving(broker, "orders", Map.of("segment.bytes", "2000", "retention.bytes", "3000"));
      for (int i = 0; i < 10; i++) {
        broker.produce(broker.partition(topic, 0), Batches.ofBytes(900), Acks.ALL).get();
      }
      await().until(() -> deletedIn(disk, "/a/orders-0") > 0);

      int deleted = deletedIn(disk, "/a/orders-0");
      int before = rounds.get();
      await().until(() -> rounds.get() > before + 2);
      assertThat(deletedIn(disk, "/a/orders-0")).isGreaterThanOrEqualTo(deleted);
    }
  }

  @Test
  void S27_retentionByTimePausesWhileTheClockHasJumped() throws Exception {
    MemoryFileStore disk = disk();
    AtomicInteger rounds = new AtomicInteger();
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.RENAME).path("**recovery-points.tmp").run(rounds::incrementAndGet);
    try (TestBroker broker = start(Map.of("/a", new FaultyFileStore(disk, plan)))) {
      UUID topic =
          serving(broker, "orders", Map.of("segment.bytes", "2000", "retention.ms", "1000"));
      for (int i = 0; i < 10; i++) {
        append(broker, topic, 0, Acks.ALL);
        broker.produce(broker.partition(topic, 0), Batches.ofBytes(900), Acks.ALL).get();
      }
      // Beyond the time of the records.
      broker.clock.jumpMs = 100L * 366 * 24 * 3_600_000;

      int before = rounds.get();
      await().until(() -> rounds.get() > before + 5);
      assertThat(broker.partition(topic, 0).view().logStartOffset()).isZero();
    }
  }

  @Test
  void S31_recoveryBeginsWhereTheLastCheckpointSaysThatAllIsDurable() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", Map.of("segment.bytes", "2000", "flush.mode", "commit"));
    for (int i = 0; i < 10; i++) {
      broker.produce(broker.partition(topic, 0), Batches.ofBytes(900), Acks.ALL).get();
    }
    await().until(() -> broker.dirs.get(0).recoveryPoints().containsValue(10L));
    MemoryFileStore after = disk.crashClone(4711);
    MetadataImage known = broker.image();
    broker.close();

    try (TestBroker again = restart(Map.of("/a", after), false, known)) {
      assertThat(again.manager.recoveryProgress().checkedBytes()).isBetween(900L, 2_000L);
    }
  }

  @Test
  void S31_aLogOfAReplicaThatCameBackIsNotTakenForWhatThisProcessHadNoted() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = new TestBroker(Map.of("/a", disk), false, MetadataImage.EMPTY, "b", NEVER);
    brokers.add(broker);
    broker.register();
    UUID topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
    for (int i = 0; i < 3; i++) {
      append(broker, topic, 0, Acks.ALL);
    }
    ((HostedPartition) broker.partition(topic, 0)).directory().noteSoon().join();
    assertThat(broker.dirs.get(0).recoveryPoints()).containsValue(3L);

    comesBackAndIsKilled(broker, topic, disk);
  }

  @Test
  void S31_aLogOfAReplicaThatCameBackIsNotTakenForWhatTheProcessBeforeHadNoted() throws Exception {
    MemoryFileStore disk = disk();
    UUID topic;
    MetadataImage known;
    try (TestBroker broker = start(Map.of("/a", disk))) {
      topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
      for (int i = 0; i < 3; i++) {
        append(broker, topic, 0, Acks.ALL);
      }
      known = broker.image();
    }
    TestBroker again = new TestBroker(Map.of("/a", disk), false, known, "boot", NEVER);
    brokers.add(again);
    again.register();
    assertThat(again.dirs.get(0).recoveryPoints()).containsValue(3L);

    comesBackAndIsKilled(again, topic, disk);
  }

  /** What was noted of the log has to be forgotten before the new one has anything to lose. */
  private void comesBackAndIsKilled(TestBroker broker, UUID topic, MemoryFileStore disk)
      throws Exception {
    broker.moveAway(topic);
    broker.moveBack(topic);
    broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
    assertThat(broker.dirs.get(0).recoveryPoints().values()).doesNotContain(3L);
    assertThat(broker.dirs.get(0).highWatermarks().values()).doesNotContain(3L);
    append(broker, topic, 0, Acks.ALL);
    MemoryFileStore after = disk.killClone();
    MetadataImage known = broker.image();
    broker.close();

    try (TestBroker again = restart(Map.of("/a", after), false, known)) {
      assertThat(again.manager.withheldLogs()).isEmpty();
      assertThat(again.manager.possibleLoss().isNone()).isTrue();
      assertThat(again.partition(topic, 0).view().logEndOffset()).isEqualTo(1);
    }
  }

  @Test
  void S02_theHighWatermarkIsKnownAgainAfterAKill() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", Map.of());
    append(broker, topic, 0, Acks.ALL);
    append(broker, topic, 0, Acks.ALL);
    await().until(() -> broker.dirs.get(0).highWatermarks().containsValue(2L));
    MetadataImage known = broker.image();
    Map<String, FileStore> after = Map.of("/a", disk.killClone());
    broker.close();

    try (TestBroker again = new TestBroker(after, false, known, "boot")) {
      PartitionView view = again.partition(topic, 0).view();
      assertThat(view.role()).as("nobody leads yet").isEqualTo(Role.IDLE);
      assertThat(view.highWatermark()).isEqualTo(2);
    }
  }

  @Test
  void S12_aCutBelowWhatIsNotedAsDurableIsNotTakenForALossAfterwards() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
    for (int i = 0; i < 3; i++) {
      append(broker, topic, 0, Acks.ALL);
    }
    await().until(() -> broker.dirs.get(0).recoveryPoints().containsValue(3L));
    await().until(() -> broker.dirs.get(0).highWatermarks().containsValue(3L));

    // An unclean leader has but the first one.
    HostedPartition hosted = (HostedPartition) broker.partition(topic, 0);
    hosted.post(new PartitionEvent.BecomeFollower(2, 1_000, 1_000));
    hosted.post(new FollowingEvent.Diverged(1, 1_000, 1));
    await().until(() -> hosted.view().logEndOffset() == 1);
    assertThat(hosted.view().highWatermark()).isEqualTo(1);
    assertThat(broker.dirs.get(0).recoveryPoints()).containsValue(1L);
    assertThat(broker.dirs.get(0).highWatermarks()).containsValue(1L);
    MetadataImage known = broker.image();
    Map<String, FileStore> after = Map.of("/a", disk.killClone());
    broker.close();

    try (TestBroker again = new TestBroker(after, false, known, "boot")) {
      assertThat(again.manager.possibleLoss().isNone()).isTrue();
      assertThat(again.partition(topic, 0).view().logEndOffset()).isEqualTo(1);
    }
  }

  @Test
  void S12_aCutWaitsForNoDeletionOfWhatIsOthers() throws Exception {
    FaultPlan plan = new FaultPlan();
    MemoryFileStore disk = disk();
    TestBroker broker = start(Map.of("/a", new FaultyFileStore(disk, plan)));
    UUID topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
    UUID old = serving(broker, "old", Map.of("file.delete.delay.ms", "0"));
    append(broker, topic, 0, Acks.ALL);
    append(broker, topic, 0, Acks.ALL);
    await().until(() -> broker.dirs.get(0).recoveryPoints().containsValue(2L));
    CountDownLatch deleting = new CountDownLatch(1);
    CountDownLatch deleted = new CountDownLatch(1);
    plan.on(Operation.DELETE)
        .path("**.deleted/**")
        .run(
            () -> {
              deleting.countDown();
              awaitUninterruptibly(deleted);
            });
    try {
      broker.deleteTopic(old);
      assertThat(deleting.await(10, TimeUnit.SECONDS)).isTrue();

      HostedPartition hosted = (HostedPartition) broker.partition(topic, 0);
      hosted.post(new PartitionEvent.BecomeFollower(2, 1_000, 1_000));
      hosted.post(new FollowingEvent.Diverged(1, 1_000, 1));
      hosted.post(
          new PartitionEvent.BecomeLeader(
              new LeaderState(1_001, 1_001, List.of(TestBroker.ID), Set.of(TestBroker.ID), 1)));

      await().until(() -> hosted.view().leads());
      assertThat(hosted.view().logEndOffset()).isEqualTo(1);
    } finally {
      deleted.countDown();
    }
  }

  @Test
  void S14_aHighWatermarkAboveWhatWasRecoveredIsNotBelievedAfterTheNextCrash() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", Map.of());
    append(broker, topic, 0, Acks.ALL);
    append(broker, topic, 0, Acks.ALL);
    await().until(() -> broker.dirs.get(0).highWatermarks().containsValue(2L));
    MetadataImage known = broker.image();
    MemoryFileStore killed = disk.killClone();
    broker.close();
    // The page cache is lost, and with it the end of the log.
    Path log = Path.of("/a/orders-0/00000000000000000000.log");
    try (FileStore.StoredFile file = killed.open(log, FileStore.OpenMode.READ_WRITE)) {
      file.truncate(file.size() - 1);
    }

    // What is noted at intervals does not come to it before the next crash.
    CountDownLatch crashed = new CountDownLatch(1);
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.RENAME)
        .path("**high-watermarks*")
        .run(
            () -> {
              if (Thread.currentThread().getName().startsWith("checkpoint")) {
                awaitUninterruptibly(crashed);
              }
            });
    Map<String, FileStore> stores = Map.of("/a", new FaultyFileStore(killed, plan));
    try (TestBroker again = new TestBroker(stores, false, known, "boot")) {
      assertThat(again.partition(topic, 0).view().logEndOffset()).isEqualTo(1);
      assertThat(again.dirs.get(0).highWatermarks()).containsValue(1L);
      crashed.countDown();
    }
  }

  @Test
  void flushModeChangesWhileThePartitionRuns() throws Exception {
    FaultPlan plan = new FaultPlan();
    try (TestBroker broker =
        start(Map.of("/a", new FaultyFileStore(new MemoryFileStore(), plan)))) {
      UUID topic = serving(broker, "orders", Map.of());
      AtomicInteger syncs = new AtomicInteger();
      plan.on(Operation.FORCE).path("**.log").run(syncs::incrementAndGet);
      append(broker, topic, 0, Acks.ALL);
      assertThat(syncs).as("os").hasValue(0);

      broker.configure(topic, Map.of("flush.mode", "commit"));
      await().untilAsserted(() -> assertThat(syncs).hasPositiveValue());
      int before = syncs.get();
      append(broker, topic, 0, Acks.ALL);

      assertThat(syncs).hasValueGreaterThan(before);
    }
  }

  @Test
  void manyBatchesShareOneSync() throws Exception {
    FaultPlan plan = new FaultPlan();
    try (TestBroker broker =
        start(Map.of("/a", new FaultyFileStore(new MemoryFileStore(), plan)))) {
      UUID topic = serving(broker, "orders", Map.of("flush.mode", "commit"));
      append(broker, topic, 0, Acks.ALL);
      CountDownLatch go = new CountDownLatch(1);
      AtomicInteger syncs = new AtomicInteger();
      plan.on(Operation.FORCE)
          .path("**.log")
          .run(
              () -> {
                syncs.incrementAndGet();
                awaitUninterruptibly(go);
              });
      List<CompletableFuture<ProduceOutcome>> answers = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        answers.add(broker.produce(broker.partition(topic, 0), Batches.of("x"), Acks.ALL));
      }
      await().until(() -> broker.partition(topic, 0).view().logEndOffset() == 501);

      go.countDown();
      CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new)).get();

      assertThat(syncs.get()).isLessThanOrEqualTo(3);
      assertThat(answers).allMatch(a -> a.join() instanceof ProduceOutcome.Acknowledged);
    }
  }

  @Test
  void aCallbackThatThrowsHurtsNobodyElse() throws Exception {
    try (TestBroker broker = start(Map.of("/a", disk()))) {
      UUID topic = serving(broker, "orders", Map.of());
      PartitionHost host = broker.partition(topic, 0);
      ProduceCallback bad =
          (command, outcome) -> {
            throw new IllegalStateException("call already closed");
          };
      host.onAdvance(
          () -> {
            throw new IllegalStateException("call already closed");
          });

      host.produce(new ProduceCommand(Batches.of("x"), Acks.ALL, -1, 0, Long.MAX_VALUE, 0, bad));

      assertThat(append(broker, topic, 0, Acks.ALL).baseOffset()).isEqualTo(1);
    }
  }

  @Test
  void whoWaitsForADeletionIsToldWhenNothingOfTheTopicIsLeft() throws Exception {
    try (TestBroker broker = start(Map.of("/a", disk()))) {
      UUID topic = broker.createTopic("orders", 3, Map.of());
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
      broker.deleteTopic(topic);
      broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();

      assertThat(broker.manager.partitions()).isEmpty();
      assertThat(broker.manager.whyAbsent(new TopicIdPartition(topic, 0)).code())
          .isEqualTo(ErrorCode.UNKNOWN_TOPIC_ID);
    }
  }

  @Test
  void whoWaitsForARevisionThatDoesNotComeIsToldSo() throws Exception {
    try (TestBroker broker = start(Map.of("/a", disk()))) {
      CompletableFuture<Void> never =
          broker.manager.whenServing(UUID.randomUUID(), broker.image().revision() + 100, 50);

      assertThatThrownBy(never::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT));
    }
  }

  // ---- helpers

  private TestBroker start(Map<String, FileStore> stores) throws IOException {
    TestBroker broker = TestBroker.start(stores);
    brokers.add(broker);
    return broker;
  }

  private TestBroker restart(Map<String, FileStore> stores, boolean missing, MetadataImage known)
      throws IOException {
    TestBroker broker = new TestBroker(new HashMap<>(stores), missing, known);
    brokers.add(broker);
    broker.register();
    return broker;
  }

  private static MemoryFileStore disk() {
    return new MemoryFileStore();
  }

  static UUID serving(TestBroker broker, String name, Map<String, String> configs)
      throws Exception {
    UUID topic = broker.createTopic(name, 1, configs);
    broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
    return topic;
  }

  static ProduceOutcome.Acknowledged append(TestBroker broker, UUID topic, int partition, Acks acks)
      throws Exception {
    ProduceOutcome outcome =
        broker.produce(broker.partition(topic, partition), Batches.of("x"), acks).get();
    assertThat(outcome).isInstanceOf(ProduceOutcome.Acknowledged.class);
    return (ProduceOutcome.Acknowledged) outcome;
  }

  private static ErrorCode failure(TestBroker broker, UUID topic, int partition) throws Exception {
    return failure(broker, broker.partition(topic, partition));
  }

  private static ErrorCode failure(TestBroker broker, PartitionHost host) throws Exception {
    ProduceOutcome outcome = broker.produce(host, Batches.of("x"), Acks.ALL).get();
    assertThat(outcome).isInstanceOf(ProduceOutcome.Failed.class);
    return ((ProduceOutcome.Failed) outcome).error().code();
  }

  /** The number of a partition that lies in that directory. */
  private static int partitionIn(TestBroker broker, UUID topic, int directory) {
    var partitions = broker.image().topic(topic).orElseThrow().partitions();
    for (int i = 0; i < partitions.size(); i++) {
      UUID lies = partitions.get(i).directories().get(0);
      if (lies.equals(broker.dirs.get(directory).directoryId())) {
        return i;
      }
    }
    throw new AssertionError("no partition in directory " + directory);
  }

  static List<String> namesIn(FileStore store, String directory) throws IOException {
    return store.list(Path.of(directory)).stream()
        .map(path -> String.valueOf(path.getFileName()))
        .toList();
  }

  private static int deletedIn(FileStore store, String directory) throws IOException {
    return (int) namesIn(store, directory).stream().filter(n -> n.endsWith(".deleted")).count();
  }

  private static List<String> logsIn(FileStore store, String directory) throws IOException {
    return namesIn(store, directory).stream().filter(name -> name.endsWith(".log")).toList();
  }

  static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatALeaderSendsAfterTheEndIsFreed() throws Exception {
    AtomicInteger freed = new AtomicInteger();
    PartitionHost host;
    try (TestBroker broker = start(Map.of("/a", disk()))) {
      host = broker.partition(serving(broker, "orders", Map.of()), 0);
    }

    host.post(
        new FollowingEvent.ReplicatedBatches(
            1, 0, 0, 0, ReplicatedRecords.of(Batches.of("a"), freed::incrementAndGet)));

    assertThat(freed).hasValue(1);
  }
}
