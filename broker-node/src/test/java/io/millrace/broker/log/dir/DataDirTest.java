package io.millrace.broker.log.dir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.dir.DataDirException.Reason;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.file.RealFileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirTest {
  private static final Path PATH = Path.of("/mnt/disk1/data");
  private static final String CLUSTER = "c1";
  private static final UUID ID = new UUID(1, 2);
  private static final int SEEDS = 60;

  private final MemoryFileStore store = new MemoryFileStore();

  private static DataDirOpening opening(FileStore store, String boot) {
    return new DataDirOpening(
        store, PATH, CLUSTER, 1, () -> Optional.of(boot).filter(b -> !b.isEmpty()));
  }

  private DataDir formatAndOpen() throws IOException {
    opening(store, "boot1").format(ID);
    return opening(store, "boot1").open();
  }

  private static void closeInOrder(DataDir dir) throws IOException {
    dir.markCleanlyClosed();
    dir.close();
  }

  private static void refused(Reason reason, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(DataDirException.class)
        .hasMessageStartingWith("data directory /")
        .hasMessageContaining(message)
        .extracting(e -> ((DataDirException) e).reason())
        .isEqualTo(reason);
  }

  @Test
  void isFormattedOnceAndTellsWhoseItIs() throws IOException {
    assertThat(DataDir.identify(store, PATH)).isEmpty();
    try (DataDir dir = formatAndOpen()) {
      assertThat(dir.directoryId()).isEqualTo(ID);
      assertThat(dir.path()).isEqualTo(PATH);
      assertThat(dir.state()).isEqualTo(DataDirState.ONLINE);
    }
    assertThat(DataDir.identify(store, PATH)).contains(new MetaProperties(CLUSTER, 1, ID));
  }

  @Test
  void metaPropertiesAreWrittenInTheirPublishedForm() {
    String text = new String(new MetaProperties(CLUSTER, 1, ID).encode(), StandardCharsets.UTF_8);
    assertThat(text)
        .isEqualTo(
            "version=1\ncluster.id=c1\nnode.id=1\n"
                + "directory.id=00000000-0000-0001-0000-000000000002\ncrc32c=f267a755\n");
  }

  @Test
  void theFirstDirectoryIdFollowsFromClusterAndNode() {
    UUID id = DirectoryIds.first("c1", 1);
    assertThat(id).isEqualTo(UUID.fromString("89ec0ce7-789c-56e1-8cf6-e6097803d405"));
    assertThat(id.version()).isEqualTo(5);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(DirectoryIds.first("c1", 2)).isNotEqualTo(id);
    assertThat(DirectoryIds.first("c2", 1)).isNotEqualTo(id);
  }

  @Test
  void isNeverFormattedAgainNorOverOtherFiles() throws IOException {
    formatAndOpen().close();
    refused(
        Reason.NOT_EMPTY,
        "formatted already: cluster.id c1, node.id 1, directory.id " + ID,
        () -> opening(store, "boot1").format(new UUID(3, 4)));
    store.delete(PATH.resolve(MetaProperties.FILE_NAME));
    refused(Reason.NOT_FORMATTED, "is not formatted", () -> opening(store, "boot1").open());
    store.createDirectories(PATH.resolve("orders-0"));
    refused(
        Reason.NOT_EMPTY,
        "holds orders-0 (expected: nothing in it)",
        () -> opening(store, "boot1").format(new UUID(3, 4)));
  }

  @Test
  void refusesAnotherClusterAndAnotherNodeNamingBoth() throws IOException {
    opening(store, "boot1").format(ID);
    refused(
        Reason.WRONG_CLUSTER,
        "cluster.id: c1 (expected: c9",
        () -> new DataDirOpening(store, PATH, "c9", 1, Optional::empty).open());
    refused(
        Reason.WRONG_NODE,
        "node.id: 1 (expected: 7",
        () -> new DataDirOpening(store, PATH, CLUSTER, 7, Optional::empty).open());
  }

  @Test
  void refusesDamagedAndNewerMetaProperties() throws IOException {
    byte[] good = new MetaProperties(CLUSTER, 1, ID).encode();
    store.createDirectories(PATH);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] damaged = good.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      overwrite(PATH.resolve(MetaProperties.FILE_NAME), damaged);
      refused(Reason.CORRUPT, "meta.properties", () -> opening(store, "boot1").open());
    }
  }

  private void overwrite(Path path, byte[] bytes) throws IOException {
    try (StoredFile file = store.open(path, OpenMode.CREATE)) {
      file.truncate(0);
      file.write(ByteBuffer.wrap(bytes), 0);
    }
  }

  @Test
  void aSecondProcessIsRefusedUntilTheFirstHasGone() throws IOException {
    DataDir dir = formatAndOpen();
    refused(Reason.IN_USE, "in use by another process", () -> opening(store, "boot1").open());
    refused(Reason.IN_USE, "/.lock", () -> opening(store, "boot1").format(ID));
    dir.close();
    opening(store, "boot1").open();
    opening(store.killClone(), "boot1").open().close();
  }

  @Test
  void aFailedOpeningGivesUpTheLock() throws IOException {
    opening(store, "boot1").format(ID);
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.WRITE).failOnce("Input/output error");
    FileStore faulty = new FaultyFileStore(store, plan);
    refused(Reason.IO_ERROR, "the disk failed", () -> opening(faulty, "boot1").open());
    opening(faulty, "boot1").open().close();
  }

  @Test
  void aReadOnlyOrFullDiskIsNamedWithWhatToDo() throws IOException {
    opening(store, "boot1").format(ID);
    FaultPlan plan = new FaultPlan();
    FileStore faulty = new FaultyFileStore(store, plan);
    plan.on(Operation.LOCK).failOnce("Read-only file system");
    refused(
        Reason.NOT_WRITABLE,
        PATH
            + "/.lock: Read-only file system (expected: a writable one; mount it so, or name another"
            + " directory)",
        () -> opening(faulty, "boot1").open());
    plan.clear();
    plan.on(Operation.OPEN).path("**.tmp").failOnce("Permission denied");
    refused(
        Reason.NOT_WRITABLE,
        PATH
            + "/.writable.tmp: Permission denied (expected: user '"
            + System.getProperty("user.name")
            + "', who runs this process, may read and write it and all that is in it; change its"
            + " owner or mode)",
        () -> opening(faulty, "boot1").open());
    store.limitTo(0);
    refused(
        Reason.NO_SPACE,
        "No space left on device (expected: room to write; make some)",
        () -> opening(store, "boot1").open());
  }

  @Test
  void whatThisUserMayNotOpenIsSaidToBeThat() {
    assertThat(DataDirException.of(PATH, new AccessDeniedException(PATH + "/.lock")))
        .hasMessageStartingWith(
            "data directory " + PATH + ": " + PATH + "/.lock: permission denied (expected: user '")
        .extracting(DataDirException::reason)
        .isEqualTo(Reason.NOT_WRITABLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "file/data", "file/data/deeper"})
  void aPathThatLeadsToAFileOrThroughOneIsNoDirectory(String path, @TempDir Path real)
      throws IOException {
    RealFileStore disk = new RealFileStore();
    Path file = real.resolve("file");
    disk.open(file, OpenMode.CREATE_NEW).close();
    DataDirOpening opening =
        new DataDirOpening(disk, real.resolve(path), CLUSTER, 1, () -> Optional.of("boot1"));
    String message = file + " is a file (expected: a directory, or nothing yet; name another path)";

    refused(Reason.NOT_A_DIRECTORY, message, () -> DataDir.identify(disk, real.resolve(path)));
    refused(Reason.NOT_A_DIRECTORY, message, () -> opening.format(ID));
    refused(Reason.NOT_A_DIRECTORY, message, opening::open);
  }

  @ParameterizedTest
  @ValueSource(strings = {"meta.properties", "boot-id", "clean-shutdown", ".writable.tmp"})
  void aDirectoryInTheWayOfAFileIsNamed(String name, @TempDir Path real) throws IOException {
    RealFileStore disk = new RealFileStore();
    DataDirOpening opening = new DataDirOpening(disk, real, CLUSTER, 1, () -> Optional.of("boot1"));
    opening.format(ID);
    disk.delete(real.resolve(name));
    disk.createDirectories(real.resolve(name));

    refused(
        Reason.CORRUPT,
        real.resolve(name)
            + " (Is a directory) (expected: a file that Millrace wrote; move it away)",
        opening::open);
  }

  @Test
  void damagedMetaPropertiesAreNamedWithWhatWasFoundAndWhatToDo() throws IOException {
    opening(store, "boot1").format(ID);
    Path file = PATH.resolve(MetaProperties.FILE_NAME);
    byte[] good = new MetaProperties(CLUSTER, 1, ID).encode();
    String text = new String(good, StandardCharsets.UTF_8);
    String sum = text.strip().substring(text.strip().lastIndexOf('\n') + 1);
    overwrite(file, text.replace("node.id=1", "node.id=2").getBytes(StandardCharsets.UTF_8));

    refused(
        Reason.CORRUPT,
        file + " is damaged or was changed: last line: '" + sum + "' (expected: 'crc32c=",
        () -> opening(store, "boot1").open());
    refused(
        Reason.CORRUPT,
        "put it back from a copy, the logs are not touched",
        () -> opening(store, "boot1").open());
    overwrite(file, new byte[3]);
    refused(Reason.CORRUPT, "bytes: 3 (expected: >= 16)", () -> opening(store, "boot1").open());
  }

  @Test
  void recoveryPointsThatCannotBeReadAreNamed(@TempDir Path real) throws IOException {
    RealFileStore disk = new RealFileStore();
    DataDirOpening opening = new DataDirOpening(disk, real, CLUSTER, 1, () -> Optional.of("boot1"));
    opening.format(ID);
    disk.createDirectories(real.resolve(DataDir.RECOVERY_POINTS));
    try (DataDir dir = opening.open()) {
      refused(
          Reason.CORRUPT,
          "/recovery-points (Is a directory) (expected: a file",
          dir::recoveryPoints);
    }
  }

  /** S31: only an orderly close spares the recovery. */
  @Test
  void S31_isCleanOnlyAfterAnOrderlyCloseAndOnlyOnce() throws IOException {
    DataDir first = formatAndOpen();
    assertThat(first.wasCleanlyClosed()).isFalse();
    closeInOrder(first);
    DataDir second = opening(store, "boot1").open();
    assertThat(second.wasCleanlyClosed()).isTrue();
    second.close();
    DataDir third = opening(store, "boot1").open();
    assertThat(third.wasCleanlyClosed()).isFalse();
    third.close();
  }

  @Test
  void S31_theMarkIsGoneDurablyBeforeTheDirectoryIsHandedOut() throws IOException {
    closeInOrder(formatAndOpen());
    opening(store, "boot1").open();
    for (int seed = 0; seed < SEEDS; seed++) {
      DataDir after = opening(store.crashClone(seed), "boot2").open();
      assertThat(after.wasCleanlyClosed()).as("seed %d", seed).isFalse();
    }
  }

  @Test
  void S31_aMarkFromAnotherDirectoryProvesNothing() throws IOException {
    closeInOrder(formatAndOpen());
    Path copy = Path.of("/mnt/disk2/data");
    DataDirOpening other = new DataDirOpening(store, copy, CLUSTER, 1, Optional::empty);
    other.format(new UUID(5, 6));
    store.rename(PATH.resolve(Marks.CLEAN_SHUTDOWN), copy.resolve(Marks.CLEAN_SHUTDOWN));
    assertThat(other.open().wasCleanlyClosed()).isFalse();
  }

  @Test
  void S14_anotherBootMayHaveLostThePageCacheUntilItIsConfirmed() throws IOException {
    formatAndOpen().close();
    DataDir sameBoot = opening(store, "boot1").open();
    assertThat(sameBoot.mayHaveLostPageCache()).isFalse();
    sameBoot.close();

    DataDir rebooted = opening(store, "boot2").open();
    assertThat(rebooted.mayHaveLostPageCache()).isTrue();
    // Closing in order does not hide the loss while nobody has dealt with it.
    closeInOrder(rebooted);
    DataDir again = opening(store, "boot2").open();
    assertThat(again.mayHaveLostPageCache()).isTrue();
    again.confirmBoot();
    again.close();
    DataDir confirmed = opening(store, "boot2").open();
    assertThat(confirmed.mayHaveLostPageCache()).isFalse();
    confirmed.close();
  }

  @Test
  void S14_whereTheBootCantBeCheckedThePageCacheCountsAsLost() throws IOException {
    formatAndOpen().close();
    DataDir unknown = opening(store, "").open();
    assertThat(unknown.mayHaveLostPageCache()).isTrue();
    unknown.confirmBoot();
    unknown.close();
    DataDir stillUnknown = opening(store, "").open();
    assertThat(stillUnknown.mayHaveLostPageCache()).isTrue();
    stillUnknown.close();
    overwrite(PATH.resolve(Marks.BOOT_ID), new byte[] {1, 2, 3});
    assertThat(opening(store, "boot1").open().mayHaveLostPageCache()).isTrue();
  }

  @Test
  void S14_afterAnOrderlyCloseNoBootHasLostAnything() throws IOException {
    closeInOrder(formatAndOpen());
    DataDir rebooted = opening(store, "boot2").open();
    assertThat(rebooted.mayHaveLostPageCache()).isFalse();
    rebooted.close();
    assertThat(opening(store, "boot2").open().mayHaveLostPageCache()).isFalse();
  }

  @Test
  void keepsRecoveryPointsByTopicId() throws IOException {
    TopicIdPartition orders = new TopicIdPartition(new UUID(7, 8), 0);
    TopicIdPartition other = new TopicIdPartition(new UUID(7, 8), 11);
    try (DataDir dir = formatAndOpen()) {
      assertThat(dir.recoveryPoints()).isEmpty();
      dir.writeRecoveryPoints(Map.of(orders, 17L, other, 4_000_000_000L));
    }
    try (DataDir dir = opening(store, "boot1").open()) {
      assertThat(dir.recoveryPoints()).isEqualTo(Map.of(orders, 17L, other, 4_000_000_000L));
      overwrite(PATH.resolve(DataDir.RECOVERY_POINTS), new byte[] {1});
      assertThat(dir.recoveryPoints()).isEmpty();
    }
  }

  @Test
  void S34_goesOfflineOnceForTheFirstFailure() throws IOException {
    DataDir dir = formatAndOpen();
    List<String> told = new ArrayList<>();
    dir.onOffline((d, failure) -> told.add("a " + failure.what()));
    IOException cause = new IOException("Input/output error");
    dir.fail("force orders-0", cause);
    dir.fail("append to orders-1", new IOException("later"));
    dir.onOffline((d, failure) -> told.add("late " + failure.what()));
    assertThat(told).containsExactly("a force orders-0", "late force orders-0");
    assertThat(dir.state()).isEqualTo(DataDirState.OFFLINE);
    assertThat(dir.failure()).contains(new DataDirFailure("force orders-0", cause));
    closeInOrder(dir);
    assertThat(opening(store, "boot1").open().wasCleanlyClosed()).isFalse();
  }

  @Test
  void whoListensNoMoreIsNotTold() throws IOException {
    try (DataDir dir = formatAndOpen()) {
      List<String> told = new ArrayList<>();
      Runnable stop = dir.onOffline((d, failure) -> told.add("one"));
      dir.onOffline((d, failure) -> told.add("other"));
      stop.run();
      dir.fail("force orders-0", new IOException("Input/output error"));
      assertThat(told).containsExactly("other");
    }
  }

  @Test
  void aCopyBesideItsOriginalIsRefused() throws IOException {
    DataDir dir = formatAndOpen();
    Path copy = Path.of("/mnt/disk2/data");
    DataDirOpening other = new DataDirOpening(store, copy, CLUSTER, 1, Optional::empty);
    other.format(ID);
    assertThatThrownBy(() -> DataDir.requireDistinct(List.of(dir, other.open())))
        .hasMessageContaining(copy.toString())
        .hasMessageContaining(PATH.toString())
        .hasMessageContaining(ID.toString());
  }

  /** A loss of power before any operation, whatever it leaves. */
  @Test
  void isFormattedWholeOrNotAtAllWhereverTheCrashComes() throws IOException {
    FaultPlan plan = new FaultPlan();
    plan.on().run(() -> formatsAfterACrash());
    opening(new FaultyFileStore(store, plan), "boot1").format(ID);
    for (int seed = 0; seed < SEEDS; seed++) {
      opening(store.crashClone(seed), "boot1").open().close();
    }
  }

  private void formatsAfterACrash() {
    for (int seed = 0; seed < SEEDS; seed++) {
      MemoryFileStore crashed = store.crashClone(seed);
      try {
        if (DataDir.identify(crashed, PATH).isEmpty()) {
          opening(crashed, "boot2").format(new UUID(9, seed));
        }
        opening(crashed, "boot2").open().close();
      } catch (IOException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void theKernelsBootIdIsRead() throws IOException {
    Path path = Path.of("/proc/sys/kernel/random/boot_id");
    assertThat(BootIdSource.ofKernel(store).bootId()).isEmpty();
    store.createDirectories(path.getParent());
    overwrite(path, "0c2f-11\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(BootIdSource.ofKernel(store).bootId()).contains("0c2f-11");
  }
}
