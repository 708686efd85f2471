package io.millrace.broker.replica;

import static io.millrace.broker.replica.ReplicaManagerTest.append;
import static io.millrace.broker.replica.ReplicaManagerTest.awaitUninterruptibly;
import static io.millrace.broker.replica.ReplicaManagerTest.namesIn;
import static io.millrace.broker.replica.ReplicaManagerTest.serving;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.broker.replica.core.Role;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicIdPartition;
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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a log that a start finds damaged (S25, S31). */
@Timeout(30)
class DamagedLogTest {
  private static final String DAMAGED = "[orders-0 (damaged)]";

  private final MemoryFileStore disk = new MemoryFileStore();
  private final List<TestBroker> brokers = new ArrayList<>();

  @AfterEach
  void nothingWasFoundImpossible() {
    for (TestBroker broker : brokers) {
      assertThat(broker.faults).isEmpty();
    }
  }

  @Test
  void S31_aDamagedLogStaysAsItIsWhileTheOthersAreServed() throws Exception {
    TestBroker broker = start();
    UUID topic = serving(broker, "orders", Map.of());
    UUID other = serving(broker, "other", Map.of());
    append(broker, topic, 0, Acks.ALL);
    append(broker, other, 0, Acks.ALL);
    broker.dirs.get(0).writeRecoveryPoints(Map.of(new TopicIdPartition(topic, 0), 1L));
    MetadataImage known = broker.image();
    MemoryFileStore after = killed(broker);
    Path log = logOf("orders");
    try (FileStore.StoredFile file = after.open(log, FileStore.OpenMode.READ_WRITE)) {
      file.truncate(file.size() - 1);
    }
    long size = after.size(log);

    for (int starts = 0; starts < 2; starts++) {
      try (TestBroker again = restart(after, known)) {
        known = again.image();
        again.manager.whenServing(other, known.revision(), 10_000).get();
        append(again, other, 0, Acks.ALL);
        assertThat(again.manager.withheldLogs()).hasToString(DAMAGED);
        assertThat(again.manager.find(new TopicIdPartition(topic, 0))).isEmpty();
        assertThat(again.manager.whyAbsent(new TopicIdPartition(topic, 0)).code())
            .isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      }
      assertThat(after.size(log)).isEqualTo(size);
    }
    try (TestBroker again = restart(after, known)) {
      again.deleteTopic(topic);
      await().until(() -> !namesIn(after, "/a").contains("orders-0"));
      assertThat(again.manager.withheldLogs()).isEmpty();
    }
  }

  @Test
  void S14_S25_aDamagedLogIsTakenUpAgainWhereAnotherReplicaLeads() throws Exception {
    TestBroker broker = start();
    UUID topic = copied(broker, "orders", 3);
    MetadataImage known = broker.image();
    MemoryFileStore after = killed(broker);
    damageSecond("orders", 3, after);

    AtomicReference<MemoryFileStore> killed = new AtomicReference<>();
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.OPEN).path("**.from-byte-**").run(() -> killed.set(after.killClone()));
    TestBroker again = opened(new FaultyFileStore(after, plan), known);
    TopicIdPartition id = new TopicIdPartition(topic, 0);
    assertThat(again.manager.withheldLogs()).hasToString(DAMAGED);
    assertThat(again.manager.possibleLoss().replicas()).containsExactly(id);
    again.register();

    await().until(() -> again.manager.find(id).isPresent());
    await().until(() -> again.partition(topic, 0).view().role() == Role.FOLLOWER);
    assertThat(again.partition(topic, 0).view().logEndOffset()).isEqualTo(1);
    assertThat(again.manager.withheldLogs()).isEmpty();
    assertThat(namesIn(after, "/a/orders-0")).contains("given-up-from-1.0");
    Path kept = Path.of("/a/orders-0/given-up-from-1.0");
    assertThat(after.list(kept))
        .as("what follows the damage is kept: the leader is known by the metadata only")
        .singleElement()
        .satisfies(tail -> assertThat(after.size(tail)).isEqualTo(2 * after.size(logOf("orders"))));
    assertThat(again.dirs.get(0).highWatermarks().getOrDefault(id, 0L)).isLessThanOrEqualTo(1);
    assertThat(again.dirs.get(0).recoveryPoints().getOrDefault(id, 0L)).isLessThanOrEqualTo(1);
    again.close();

    assertThat(opened(killed.get(), known).manager.withheldLogs())
        .as("killed in the middle: the damage is not taken for a torn end")
        .hasToString(DAMAGED);
  }

  @Test
  void aDamagedLogGoesWithItsReplicaAndDoesNotStandInTheWayOfALaterOne() throws Exception {
    TestBroker broker = start();
    UUID topic = copied(broker, "orders", 2);
    broker.moveBack(topic);
    MetadataImage known = broker.image();
    MemoryFileStore after = killed(broker);
    damageSecond("orders", 2, after);

    MetadataImage later;
    try (TestBroker again = restart(after, known)) {
      assertThat(again.manager.withheldLogs()).hasToString(DAMAGED);
      again.moveAway(topic);
      await().until(() -> again.manager.withheldLogs().isEmpty());
      await().until(() -> !namesIn(after, "/a").contains("orders-0"));
      assertThat(again.manager.whyAbsent(new TopicIdPartition(topic, 0)).code())
          .as("there is nothing here any more that could be offline")
          .isEqualTo(ErrorCode.NOT_LEADER);
      assertThat(again.manager.offlinePartitions()).isZero();

      again.moveBack(topic);
      again.manager.whenServing(topic, again.image().revision(), 10_000).get();
      assertThat(append(again, topic, 0, Acks.ALL).baseOffset()).isZero();
      later = again.image();
    }
    try (TestBroker third = restart(after.killClone(), later)) {
      assertThat(third.manager.withheldLogs()).isEmpty();
      assertThat(third.manager.possibleLoss().isNone()).isTrue();
    }
  }

  @Test
  void otherPartitionsLeadWhileADamagedLogIsStillRepaired() throws Exception {
    TestBroker broker = start();
    List<UUID> others = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      others.add(serving(broker, "other-" + i, Map.of()));
    }
    UUID topic = copied(broker, "orders", 2);
    MetadataImage known = broker.image();
    MemoryFileStore after = killed(broker);
    damageSecond("orders", 2, after);
    CountDownLatch repairing = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.OPEN)
        .path("**.from-byte-**")
        .run(
            () -> {
              repairing.countDown();
              awaitUninterruptibly(goesOn);
            });
    try (TestBroker again = restart(new FaultyFileStore(after, plan), known)) {
      try {
        assertThat(repairing.await(10, TimeUnit.SECONDS)).isTrue();
        for (UUID other : others) {
          await().until(() -> again.partition(other, 0).view().leads());
        }
        assertThat(again.manager.withheldLogs()).hasToString(DAMAGED);
      } finally {
        goesOn.countDown();
      }
      await().until(() -> again.manager.withheldLogs().isEmpty());
      await().until(() -> again.partition(topic, 0).view().role() == Role.FOLLOWER);
    }
  }

  @Test
  void whatTheMetadataSayComesBetweenOneRepairAndTheNextHoweverManyChangesCame() throws Exception {
    TestBroker broker = start();
    for (int i = 0; i < 3; i++) {
      copied(broker, "orders-" + i, 2);
    }
    MetadataImage known = broker.image();
    MemoryFileStore after = killed(broker);
    for (int i = 0; i < 3; i++) {
      damageSecond("orders-" + i, 2, after);
    }
    Semaphore repairing = new Semaphore(0);
    Semaphore goesOn = new Semaphore(0);
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.OPEN)
        .path("**.from-byte-**")
        .run(
            () -> {
              repairing.release();
              goesOn.acquireUninterruptibly();
            });
    try (TestBroker again = restart(new FaultyFileStore(after, plan), known)) {
      try {
        assertThat(repairing.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 3; i++) {
          again.createTopic("early-" + i, 1, Map.of());
        }
        goesOn.release();
        assertThat(repairing.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        UUID late = again.createTopic("late", 1, Map.of());
        goesOn.release();
        assertThat(repairing.tryAcquire(10, TimeUnit.SECONDS)).isTrue();

        assertThat(again.manager.find(new TopicIdPartition(late, 0)))
            .as("made before the third repair began")
            .isPresent();
      } finally {
        goesOn.release(100);
      }
      await().until(() -> again.manager.withheldLogs().isEmpty());
    }
  }

  /** Makes a topic with so many records, which are noted as durable; broker 2 leads it then. */
  private static UUID copied(TestBroker broker, String name, int records) throws Exception {
    UUID topic = serving(broker, name, Map.of("flush.mode", "commit"));
    for (int i = 0; i < records; i++) {
      append(broker, topic, 0, Acks.ALL);
    }
    Map.Entry<TopicIdPartition, Long> all =
        Map.entry(new TopicIdPartition(topic, 0), (long) records);
    await().until(() -> broker.dirs.get(0).recoveryPoints().entrySet().contains(all));
    await().until(() -> broker.dirs.get(0).highWatermarks().entrySet().contains(all));
    broker.leadElsewhere(topic);
    return topic;
  }

  /** Spoils the number of the format in the second of some batches of the same size. */
  private static void damageSecond(String topic, int records, FileStore on) throws IOException {
    try (FileStore.StoredFile file = on.open(logOf(topic), FileStore.OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {77}), file.size() / records + 16);
    }
  }

  private static Path logOf(String topic) {
    return Path.of("/a/" + topic + "-0/00000000000000000000.log");
  }

  /** What the disk has after the process was killed. */
  private MemoryFileStore killed(TestBroker broker) {
    MemoryFileStore after = disk.killClone();
    broker.close();
    return after;
  }

  private TestBroker start() throws IOException {
    TestBroker broker = TestBroker.start(Map.of("/a", disk));
    brokers.add(broker);
    return broker;
  }

  private TestBroker restart(FileStore on, MetadataImage known) throws IOException {
    TestBroker broker = opened(on, known);
    broker.register();
    return broker;
  }

  /** Its logs are recovered, and the controller does not know of it yet. */
  private TestBroker opened(FileStore on, MetadataImage known) throws IOException {
    TestBroker broker = new TestBroker(Map.of("/a", on), false, known);
    brokers.add(broker);
    return broker;
  }
}
