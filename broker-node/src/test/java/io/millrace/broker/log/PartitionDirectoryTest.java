package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.MemoryFileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PartitionDirectoryTest {
  private static final Path DATA = TestLog.DIRECTORY.getParent();

  /** The same name's next topic. */
  private static final TopicIdPartition ANEW = new TopicIdPartition(new UUID(7, 10), 3);

  private final MemoryFileStore disk = TestLog.emptyDisk();
  private final TestLog test = new TestLog(disk, LogConfig.DEFAULT);

  @Test
  void saysWhosePartitionItHolds() throws IOException {
    assertThat(
            new String(
                test.read(TestLog.DIRECTORY.resolve("partition.metadata")), StandardCharsets.UTF_8))
        .startsWith(
            "millrace partition 1\n"
                + "topic_id 00000000-0000-0007-0000-000000000009\n"
                + "partition 3\n");
    assertThat(PartitionDirectory.scan(disk, DATA))
        .containsExactly(
            new PartitionDirectory.Found(TestLog.DIRECTORY, TestLog.NAME, Optional.of(TestLog.ID)));
  }

  @Test
  void refusesTheDirectoryOfAnotherTopicId() {
    test.log.close();
    LogOpening mine = test.opening(0, true);
    TopicIdPartition other = new TopicIdPartition(new UUID(1, 1), 3);

    assertThatThrownBy(
            () ->
                PartitionLog.open(
                    new LogOpening(
                        disk,
                        mine.directory(),
                        other,
                        mine.name(),
                        mine.config(),
                        mine.clock(),
                        mine.budget(),
                        0,
                        true,
                        RecoveryProgress.NONE)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("belongs to " + TestLog.ID + " (expected: " + other + ")");
  }

  @Test
  void aDeletedPartitionMovesAsideAndItsNameIsFreeAtOnce() throws IOException {
    test.append("old");
    LogSnapshot held = test.log.snapshot();
    test.log.abandon();
    Path aside = PartitionDirectory.moveAside(disk, TestLog.DIRECTORY, TestLog.ID);
    test.reopen(false);
    test.append("new", "newer");

    assertThat(test.values(0)).containsExactly("new", "newer");
    assertThatThrownBy(() -> held.read(0, 100, 1, true)).isInstanceOf(StaleSnapshotException.class);
    assertThat(PartitionDirectory.movedAside(disk, DATA)).containsExactly(aside);
    assertThat(PartitionDirectory.scan(disk, DATA)).hasSize(1);
    test.log.abandon();
    Path second = PartitionDirectory.moveAside(disk, TestLog.DIRECTORY, TestLog.ID);
    assertThat(second).isNotEqualTo(aside);

    PartitionDirectory.delete(disk, aside);
    assertThat(PartitionDirectory.movedAside(disk, DATA)).containsExactly(second);
  }

  @Test
  void aDetachedSegmentMayBeDeletedAfterItsPartition() throws IOException {
    test.log.reconfigure(LogConfig.DEFAULT.toBuilder().segmentBytes(200).build());
    test.append(10, 100);
    test.flush();
    test.moveLogStartTo(8);
    List<DetachedSegment> detached = test.retain(10);
    test.log.abandon();
    Path aside = PartitionDirectory.moveAside(disk, TestLog.DIRECTORY, TestLog.ID);

    detached.forEach(DetachedSegment::delete);
    PartitionDirectory.delete(disk, aside);

    assertThat(detached).isNotEmpty();
    assertThat(disk.list(DATA)).isEmpty();
  }

  /** Wherever a crash comes: the new topic's log has its own records, and never the old one's. */
  @Test
  void aDeletedLogNeverComesBackUnderItsName() throws IOException {
    long operations = deleteAndMakeAnew(Long.MAX_VALUE);
    for (long failing = 0; failing < operations; failing++) {
      deleteAndMakeAnew(failing);
    }
  }

  private static long deleteAndMakeAnew(long failing) throws IOException {
    FaultPlan plan = new FaultPlan();
    MemoryFileStore disk = TestLog.emptyDisk();
    TestLog test = new TestLog(new FaultyFileStore(disk, plan), LogConfig.DEFAULT);
    test.append("old");
    test.flush();
    test.log.abandon();
    long before = plan.operations();
    if (failing < Long.MAX_VALUE) {
      plan.on().skip(failing).failFromThenOn("Input/output error");
    }
    int durable = 0;
    try {
      Path aside = PartitionDirectory.moveAside(test.store, TestLog.DIRECTORY, TestLog.ID);
      openAnew(test);
      for (String value : List.of("new", "newer")) {
        test.append(value);
        test.flush();
        durable++;
        PartitionDirectory.delete(test.store, aside);
      }
    } catch (IOException | LogDirException crash) {
      assertThat(failing).isLessThan(Long.MAX_VALUE);
    }
    long operations = plan.operations() - before;

    test.store = disk.crashClone(failing);
    for (PartitionDirectory.Found found : PartitionDirectory.scan(test.store, DATA)) {
      if (!found.id().equals(Optional.of(ANEW))) {
        PartitionDirectory.moveAside(test.store, found.path(), TestLog.ID);
      }
    }
    openAnew(test);
    List<String> values = test.values(0);
    assertThat(values).as("failing at %d", failing).hasSizeBetween(durable, 2);
    assertThat(values).isEqualTo(List.of("new", "newer").subList(0, values.size()));
    for (Path aside : PartitionDirectory.movedAside(test.store, DATA)) {
      PartitionDirectory.delete(test.store, aside);
    }
    assertThat(test.store.list(DATA)).containsExactly(TestLog.DIRECTORY);
    return operations;
  }

  private static void openAnew(TestLog test) {
    LogOpening mine = test.opening(0, false);
    test.log =
        PartitionLog.open(
            new LogOpening(
                mine.store(),
                mine.directory(),
                ANEW,
                mine.name(),
                mine.config(),
                mine.clock(),
                mine.budget(),
                0,
                false,
                RecoveryProgress.NONE));
  }

  @Test
  void aLongNameStillMovesAside() throws IOException {
    TopicPartition name = new TopicPartition("t".repeat(249), 99_999);
    TopicIdPartition id = new TopicIdPartition(new UUID(5, 5), 99_999);
    Path directory = PartitionDirectory.of(DATA, name);
    PartitionDirectory.create(disk, directory, id);

    Path aside = PartitionDirectory.moveAside(disk, directory, id);

    assertThat(aside.getFileName().toString().length()).isLessThanOrEqualTo(255);
  }

  @Test
  void takesOnlyNamesOfPartitions() throws IOException {
    for (String name : List.of("a-b-0", "x", "x-", "-0", "x-01", "x-1.deleted", "x-9999999999")) {
      disk.createDirectories(DATA.resolve(name));
    }
    disk.createDirectories(DATA.resolve("y-7"));

    assertThat(PartitionDirectory.scan(disk, DATA))
        .extracting(PartitionDirectory.Found::name)
        .containsExactly(new TopicPartition("a-b", 0), TestLog.NAME, new TopicPartition("y", 7));
    assertThat(PartitionDirectory.scan(disk, DATA).get(0).id()).isEmpty();
  }
}
