package io.millrace.broker.replica;

import static io.millrace.broker.replica.ReplicaManagerTest.append;
import static io.millrace.broker.replica.ReplicaManagerTest.serving;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.broker.log.PartitionFiles;
import io.millrace.common.Acks;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.image.MetadataImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** S14: what a start tells the controller of. */
@Timeout(30)
class PossibleLossTest {
  private static final Path MARK = Path.of("/a/orders-0", PartitionFiles.SYNCED_MARK);
  private static final Map<String, String> OS = Map.of("flush.mode", "os");
  private static final Map<String, String> COMMIT = Map.of("flush.mode", "commit");

  private final MemoryFileStore disk = new MemoryFileStore();

  @Test
  void S14_whatWasAcknowledgedUnderOsIsInDoubtThoughTheTopicIsUnderCommitNow() throws Exception {
    TestBroker broker = TestBroker.start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", OS);
    append(broker, topic, 0, Acks.ALL);
    MemoryFileStore left = disk.crashClone(7);
    MetadataImage known = changedWhileDown(broker, topic, COMMIT);

    assertThat(lossAfterReboot(left, known).directories())
        .containsExactly(broker.dirs.get(0).directoryId());
  }

  @Test
  void S14_whatWasSyncedBeforeItWasAcknowledgedIsNotInDoubtWhateverTheSettingIsNow()
      throws Exception {
    for (Map<String, String> setting : Set.of(COMMIT, OS)) {
      MemoryFileStore fresh = new MemoryFileStore();
      TestBroker broker = TestBroker.start(Map.of("/a", fresh));
      UUID topic = serving(broker, "orders", COMMIT);
      append(broker, topic, 0, Acks.ALL);
      MemoryFileStore left = fresh.crashClone(7);
      MetadataImage known = changedWhileDown(broker, topic, setting);

      assertThat(lossAfterReboot(left, known).isNone()).as("%s", setting).isTrue();
    }
  }

  @Test
  void S14_aLogOfAReleaseWithoutTheMarkIsInDoubtUntilItWasFlushed() throws Exception {
    inDoubtUntilFlushed(left -> {});
  }

  @Test
  void S14_aLogWhoseMarkIsDamagedIsInDoubtUntilItWasFlushed() throws Exception {
    inDoubtUntilFlushed(left -> left.open(MARK, FileStore.OpenMode.CREATE_NEW).close());
  }

  private interface Damage {
    void happen(FileStore left) throws IOException;
  }

  private void inDoubtUntilFlushed(Damage damage) throws Exception {
    TestBroker broker = TestBroker.start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", COMMIT);
    append(broker, topic, 0, Acks.ALL);
    MemoryFileStore left = disk.crashClone(7);
    MetadataImage known = broker.image();
    broker.close();
    left.delete(MARK);
    damage.happen(left);

    for (int round = 0; round < 2; round++) {
      // The second time, as nobody was told.
      assertThat(lossAfterReboot(left, known).directories()).as("start %d", round).hasSize(1);
    }
    try (TestBroker told = new TestBroker(Map.of("/a", left), false, known, "another boot")) {
      told.manager.lossReported();
      await()
          .untilAsserted(
              () ->
                  assertThat(lossAfterReboot(left.crashClone(8), known, "a third boot").isNone())
                      .isTrue());
    }
  }

  /** By newer metadata it may be the one that counts; then the next start opens it. */
  @Test
  void S14_aSecondLogThatIsNotOpenedIsInDoubtAfterAReboot() throws Exception {
    TestBroker broker = TestBroker.start(Map.of("/a", disk, "/b", disk));
    UUID topic = serving(broker, "orders", COMMIT);
    append(broker, topic, 0, Acks.ALL);
    broker.leadElsewhere(topic);
    MetadataImage known = broker.image();
    MemoryFileStore left = disk.killClone();
    broker.close();
    boolean inA = left.exists(Path.of("/a/orders-0"));
    ReplicaManagerTest.copy(
        left,
        Path.of(inA ? "/a/orders-0" : "/b/orders-0"),
        Path.of(inA ? "/b/orders-0" : "/a/orders-0"));

    Map<String, FileStore> both = Map.of("/a", left, "/b", left);
    try (TestBroker again = new TestBroker(both, false, known, "another boot")) {
      assertThat(again.manager.possibleLoss().replicas())
          .containsExactly(new TopicIdPartition(topic, 0));
    }
  }

  @Test
  void S14_aDirectoryWithoutLogsHasLostNothing() throws Exception {
    MemoryFileStore empty = new MemoryFileStore();
    TestBroker broker = TestBroker.start(Map.of("/a", disk, "/b", empty));
    serving(broker, "orders", OS);
    Map<String, FileStore> left = Map.of("/a", disk.crashClone(7), "/b", empty.crashClone(7));
    MetadataImage known = broker.image();
    broker.close();

    try (TestBroker again = new TestBroker(left, false, known, "another boot")) {
      assertThat(again.manager.possibleLoss().directories()).hasSize(1);
      assertThat(again.manager.possibleLoss().replicas()).isEmpty();
    }
  }

  @Test
  void S14_anotherBootMayHaveLostWhatWasNotSyncedUntilTheControllerKnows() throws Exception {
    MemoryFileStore osOnly = new MemoryFileStore();
    MemoryFileStore mixed = new MemoryFileStore();
    TestBroker broker = TestBroker.start(Map.of("/a", osOnly, "/b", mixed));
    UUID os = broker.createTopic("os", 2, Map.of());
    broker.manager.whenServing(os, broker.image().revision(), 10_000).get();
    UUID commit = serving(broker, "commit", Map.of("flush.mode", "commit"));
    UUID directoryOfCommit =
        broker.image().topic(commit).orElseThrow().partitions().get(0).directories().get(0);
    MetadataImage known = broker.image();
    Map<String, FileStore> after = Map.of("/a", osOnly.killClone(), "/b", mixed.killClone());
    broker.close();

    for (int round = 0; round < 2; round++) {
      // The second time, as nobody was told.
      TestBroker again = new TestBroker(after, false, known, "another boot");
      PossibleLoss loss = again.manager.possibleLoss();
      assertThat(loss.directories()).hasSize(1).doesNotContain(directoryOfCommit);
      assertThat(loss.replicas()).extracting(TopicIdPartition::topicId).containsExactly(os);
      if (round == 1) {
        again.manager.lossReported();
      }
      again.close();
    }
    TestBroker known2 = new TestBroker(after, false, known, "another boot");
    assertThat(known2.manager.possibleLoss().isNone()).isTrue();
    known2.close();
  }

  @Test
  void S14_aLogThatWasCutIsToldOfUntilTheControllerKnows() throws Exception {
    MemoryFileStore disk = new MemoryFileStore();
    TestBroker broker = TestBroker.start(Map.of("/a", disk));
    UUID topic = serving(broker, "orders", Map.of());
    TopicIdPartition id = new TopicIdPartition(topic, 0);
    for (int i = 0; i < 4; i++) {
      append(broker, topic, 0, Acks.ALL);
    }
    broker.dirs.get(0).writeRecoveryPoints(Map.of(id, 4L));
    MetadataImage known = broker.image();
    Map<String, FileStore> after = Map.of("/a", disk.killClone());
    broker.close();
    giveUpHalf(after.get("/a"), Path.of("/a/orders-0"), 2);

    for (int round = 0; round < 3; round++) {
      // The second time, as nobody was told.
      try (TestBroker again = new TestBroker(after, false, known, "boot")) {
        Set<TopicIdPartition> told = round < 2 ? Set.of(id) : Set.of();
        assertThat(again.manager.possibleLoss().replicas()).as("start %d", round).isEqualTo(told);
        assertThat(again.dirs.get(0).wasCleanlyClosed()).as("start %d", round).isEqualTo(round > 1);
        if (round == 1) {
          again.manager.lossReported();
        }
      }
    }
  }

  @Test
  void S14_whereTheReplicasAreTooManyForARegistrationTheirDirectoriesAreNamed() {
    UUID first = new UUID(1, 1);
    UUID second = new UUID(2, 2);
    UUID whole = new UUID(3, 3);
    Set<TopicIdPartition> most = replicas(BrokerStart.MOST_UNCLEAN_REPLICAS - 1);
    Set<TopicIdPartition> one = Set.of(new TopicIdPartition(new UUID(0, 9), 0));
    Set<TopicIdPartition> two =
        Set.of(one.iterator().next(), new TopicIdPartition(new UUID(0, 9), 1));

    PossibleLoss fits = PossibleLoss.bounded(Set.of(whole), Map.of(first, most, second, one));
    assertThat(fits.directories()).containsExactly(whole);
    assertThat(fits.replicas()).hasSize(BrokerStart.MOST_UNCLEAN_REPLICAS);

    PossibleLoss tooMany =
        PossibleLoss.bounded(
            Set.of(whole), Map.of(first, most, second, two, new UUID(4, 4), Set.of()));
    assertThat(tooMany.directories()).containsExactlyInAnyOrder(whole, first, second);
    assertThat(tooMany.replicas()).isEmpty();
  }

  private static Set<TopicIdPartition> replicas(int count) {
    return IntStream.range(0, count)
        .mapToObj(number -> new TopicIdPartition(new UUID(0, 8), number))
        .collect(Collectors.toSet());
  }

  /** Loses the second half of a log of batches of one size, with an operator's consent. */
  private static void giveUpHalf(FileStore store, Path directory, long end) throws IOException {
    Path log = directory.resolve("00000000000000000000.log");
    try (FileStore.StoredFile file = store.open(log, FileStore.OpenMode.READ_WRITE)) {
      file.truncate(file.size() / 2);
    }
    store.open(directory.resolve("give-up-from-" + end), FileStore.OpenMode.CREATE_NEW).close();
  }

  /** The metadata with another setting, of which the broker's disk has heard nothing. */
  private static MetadataImage changedWhileDown(
      TestBroker broker, UUID topic, Map<String, String> setting) {
    broker.configure(topic, setting);
    broker.close();
    return broker.image();
  }

  private static PossibleLoss lossAfterReboot(FileStore left, MetadataImage known)
      throws IOException {
    return lossAfterReboot(left, known, "another boot");
  }

  /** What a process tells that ends before it can, too. */
  private static PossibleLoss lossAfterReboot(FileStore left, MetadataImage known, String boot)
      throws IOException {
    try (TestBroker again = new TestBroker(Map.of("/a", left), false, known, boot)) {
      return again.manager.possibleLoss();
    }
  }
}
