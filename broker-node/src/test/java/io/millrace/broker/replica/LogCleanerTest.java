package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.LogSnapshot;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.common.Acks;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** S32: compaction in the background of a broker. */
class LogCleanerTest {
  private static final Map<String, String> COMPACT =
      Map.of(
          "cleanup.policy",
          "compact",
          "segment.bytes",
          "2000",
          "min.cleanable.dirty.ratio",
          "0.01",
          "file.delete.delay.ms",
          "0");

  private static MemoryFileStore disk() {
    MemoryFileStore disk = new MemoryFileStore();
    disk.forceAll();
    return disk;
  }

  private static UUID serving(TestBroker broker, Map<String, String> configs) throws Exception {
    UUID topic = broker.createTopic("orders", 1, configs);
    broker.manager.whenServing(topic, broker.image().revision(), 10_000).get();
    return topic;
  }

  private static ByteBuffer batch(long timestampMs, String key, String value) {
    return new RecordBatchBuilder(Compression.NONE)
        .append(timestampMs, bytes(key), bytes(value + "-".repeat(300)), List.of())
        .build();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes five keys over and over; the last value of each is its newest. */
  private static Map<String, String> write(TestBroker broker, UUID topic, int from, int count)
      throws Exception {
    Map<String, String> newest = new TreeMap<>();
    for (int i = from; i < from + count; i++) {
      String value = "v" + i;
      broker
          .produce(
              broker.partition(topic, 0),
              batch(broker.clock.wallMs(), "k" + i % 5, value),
              Acks.ALL)
          .get();
      newest.put("k" + i % 5, value);
    }
    return newest;
  }

  private static Map<String, String> state(PartitionHost host) {
    Map<String, String> state = new HashMap<>();
    LogSnapshot log = host.view().log();
    long offset = log.logStartOffset();
    while (offset < log.logEndOffset()) {
      LogRead read = log.read(offset, 10_000, Long.MAX_VALUE, true);
      for (RecordBatch batch : RecordBatches.split(read.records())) {
        RecordReader.forEach(
            batch,
            1 << 20,
            each -> {
              String value = StandardCharsets.UTF_8.decode(each.value()).toString();
              state.put(
                  StandardCharsets.UTF_8.decode(each.key()).toString(),
                  value.substring(0, value.indexOf('-')));
            });
      }
      offset = read.nextOffset();
    }
    return state;
  }

  private static Map<String, String> stateNow(PartitionHost host) {
    while (true) {
      try {
        return state(host);
      } catch (StaleSnapshotException replaced) {
        // The newer view shows what is there now.
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void S32_aCompactedTopicIsCleanedInTheBackgroundAndKeepsTheNewestOfEachKey() throws Exception {
    MemoryFileStore disk = disk();
    try (TestBroker broker = TestBroker.start(Map.of("/a", disk))) {
      UUID topic = serving(broker, COMPACT);
      Map<String, String> newest = write(broker, topic, 0, 200);
      PartitionHost host = broker.partition(topic, 0);

      await().until(() -> host.view().log().sizeInBytes() < 12_000);
      assertThat(stateNow(host)).isEqualTo(newest);
      assertThat(host.view().logEndOffset()).isEqualTo(200);
      assertThat(host.view().logStartOffset()).isZero();
      assertThat(broker.manager.cleaning().cleanings()).isPositive();
      assertThat(broker.manager.cleaning().recordsRemoved()).isPositive();
      assertThat(broker.manager.cleaning().bytesRead())
          .isGreaterThan(broker.manager.cleaning().bytesWritten());
      assertThat(broker.manager.cleaning().lastCleanedMs()).isPositive();

      newest.putAll(write(broker, topic, 200, 100));
      await().until(() -> host.view().log().sizeInBytes() < 12_000);
      // What a cleaning leaves of forty segments, the next one puts into one.
      await().until(() -> host.view().log().segmentCount() < 30);
      assertThat(stateNow(host)).isEqualTo(newest);
      await()
          .untilAsserted(
              () ->
                  assertThat(disk.list(Path.of("/a/orders-0")))
                      .noneMatch(path -> path.toString().endsWith(".replaced")));
      assertThat(broker.faults).isEmpty();
    }
  }

  @Test
  void S32_anActiveSegmentIsRolledAndCleanedWhenARecordIsTooOldForItsTopic() throws Exception {
    try (TestBroker broker = TestBroker.start(Map.of("/a", disk()))) {
      Map<String, String> configs = new HashMap<>(COMPACT);
      configs.put("segment.bytes", "1000000");
      configs.put("max.compaction.lag.ms", "1");
      configs.put("min.cleanable.dirty.ratio", "1");
      UUID topic = serving(broker, configs);
      Map<String, String> newest = write(broker, topic, 0, 50);
      PartitionHost host = broker.partition(topic, 0);

      await().until(() -> host.view().log().sizeInBytes() < 5_000);
      assertThat(stateNow(host)).isEqualTo(newest);
    }
  }

  @Test
  void S32_nothingIsDeletedByTimeOrSizeWhereATopicIsOnlyCompacted() throws Exception {
    try (TestBroker broker = TestBroker.start(Map.of("/a", disk()))) {
      Map<String, String> configs = new HashMap<>(COMPACT);
      configs.put("retention.bytes", "0");
      configs.put("retention.ms", "1");
      UUID topic = serving(broker, configs);
      Map<String, String> newest = write(broker, topic, 0, 100);
      PartitionHost host = broker.partition(topic, 0);
      await().until(() -> broker.manager.cleaning().cleanings() > 0);
      long cleanings = broker.manager.cleaning().cleanings();
      newest.putAll(write(broker, topic, 100, 100));
      await().until(() -> broker.manager.cleaning().cleanings() > cleanings);

      assertThat(host.view().logStartOffset()).isZero();
      assertThat(stateNow(host)).isEqualTo(newest);

      configs.put("cleanup.policy", "compact,delete");
      broker.configure(topic, configs);
      await().until(() -> host.view().logStartOffset() > 0);
    }
  }

  @Test
  void S32_aLogThatIsDamagedIsNamedOnceAndLeftAsItIs() throws Exception {
    MemoryFileStore disk = disk();
    try (TestBroker broker = TestBroker.start(Map.of("/a", disk))) {
      Map<String, String> idle = new HashMap<>(COMPACT);
      idle.put("cleanup.policy", "delete");
      UUID topic = serving(broker, idle);
      write(broker, topic, 0, 50);
      flip(disk, Path.of("/a/orders-0/00000000000000000000.log"), 300);
      broker.configure(topic, COMPACT);

      await().until(() -> broker.manager.cleaning().uncleanablePartitions() == 1);
      long size = broker.partition(topic, 0).view().log().sizeInBytes();
      assertThat(broker.partition(topic, 0).isCorrupt(0)).isTrue();
      assertThat(broker.manager.cleaning().cleanings()).isZero();
      assertThat(broker.partition(topic, 0).view().log().sizeInBytes()).isEqualTo(size);
      assertThat(broker.faults).isEmpty();
    }
  }

  private static void flip(FileStore disk, Path path, long position) throws IOException {
    try (StoredFile file = disk.open(path, OpenMode.READ_WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, position);
      file.write(ByteBuffer.wrap(new byte[] {(byte) ~one.get(0)}), position);
    }
  }

  @Test
  void S32_aTopicThatIsDeletedWhileItIsCleanedLeavesItsDirectoryAlone() throws Exception {
    MemoryFileStore disk = disk();
    FaultPlan plan = new FaultPlan();
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch deleted = new CountDownLatch(1);
    plan.on(Operation.WRITE)
        .path("**.log.cleaned")
        .run(
            () -> {
              writing.countDown();
              awaitQuietly(deleted);
            });
    try (TestBroker broker = TestBroker.start(Map.of("/a", new FaultyFileStore(disk, plan)))) {
      UUID topic = serving(broker, COMPACT);
      write(broker, topic, 0, 50);
      PartitionHost host = broker.partition(topic, 0);
      assertThat(writing.await(20, TimeUnit.SECONDS)).isTrue();

      broker.deleteTopic(topic);
      await().until(() -> !host.view().leads());
      assertThat(disk.list(Path.of("/a/orders-0"))).isNotEmpty();
      deleted.countDown();

      await().until(() -> disk.list(Path.of("/a/orders-0")).isEmpty());
      assertThat(broker.dirs).allMatch(dir -> dir.failure().isEmpty());
      assertThat(broker.faults).isEmpty();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void S32_whatWasCleanedIsThereAfterARestartInOrderAndAfterAKill() throws Exception {
    MemoryFileStore disk = disk();
    TestBroker broker = TestBroker.start(Map.of("/a", disk));
    UUID topic = serving(broker, COMPACT);
    Map<String, String> newest = write(broker, topic, 0, 120);
    await().until(() -> broker.manager.cleaning().cleanings() > 0);
    MemoryFileStore killed = disk.killClone();
    broker.close();
    for (MemoryFileStore after : List.of(disk.killClone(), killed)) {
      try (TestBroker again = new TestBroker(Map.of("/a", after), false, broker.image())) {
        again.register();
        again.manager.whenServing(topic, again.image().revision(), 10_000).get();
        assertThat(stateNow(again.partition(topic, 0))).isEqualTo(newest);
      }
    }
  }
}
