package io.millrace.broker.log.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.inspect.Finding.Severity;
import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogVerifierTest {
  private static final Path PATH = Path.of("/data");

  private final MemoryFileStore store = new MemoryFileStore();

  private WrittenDataDir closed() throws IOException {
    return WrittenDataDir.closed(store, PATH, 700, 20);
  }

  private WrittenDataDir killed() throws IOException {
    return WrittenDataDir.killed(store, PATH, 700, 20);
  }

  private static void found(VerifyReport report, Severity severity, Path file, String what) {
    assertThat(report.findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.severity()).isEqualTo(severity);
              assertThat(finding.file()).isEqualTo(file);
              assertThat(finding.what()).contains(what);
            });
  }

  @Test
  void whatABrokerWroteIsIntact() throws IOException {
    WrittenDataDir dir = closed();
    VerifyReport report = dir.verify();
    assertThat(report.findings()).isEmpty();
    assertThat(report.isIntact()).isTrue();
    assertThat(report.counts().partitions()).isEqualTo(1);
    assertThat(report.counts().segments()).isEqualTo(dir.files(".log").size()).isGreaterThan(2);
    assertThat(report.counts().batches()).isEqualTo(20);
    assertThat(report.counts().records()).isEqualTo(dir.logEndOffset());
    assertThat(report.counts().bytes())
        .isEqualTo(dir.files(".log").stream().mapToLong(this::size).sum());
    assertThat(LogVerifier.verify(store, dir.partition, VerifyOptions.FULL).findings()).isEmpty();
  }

  private long size(Path path) {
    try {
      return store.size(path);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatADeadBrokerLeftIsIntact() throws IOException {
    assertThat(killed().verify().findings()).isEmpty();
  }

  @Test
  void aBrokenTailAfterACrashIsAWarning() throws IOException {
    WrittenDataDir dir = killed();
    List<Path> logs = dir.files(".log");
    Path active = logs.get(logs.size() - 1);
    byte[] whole = dir.bytes(active);
    dir.replace(active, Arrays.copyOf(whole, whole.length + 200));
    VerifyReport zeros = dir.verify();
    found(zeros, Severity.WARNING, active, "a crash can leave this");
    assertThat(zeros.isIntact()).isTrue();
  }

  @Test
  void aLogThatEndsBelowItsRecoveryPointHasLostRecords() throws IOException {
    WrittenDataDir dir = killed();
    List<Path> logs = dir.files(".log");
    Path active = logs.get(logs.size() - 1);
    dir.replace(active, new byte[0]);
    found(dir.verify(), Severity.ERROR, active, "(expected: at least " + dir.logEndOffset());
  }

  @Test
  void aMissingSegmentIsAGap() throws IOException {
    WrittenDataDir dir = closed();
    store.delete(dir.files(".log").get(1));
    VerifyReport report = dir.verify();
    found(report, Severity.ERROR, dir.files(".log").get(1), "where the log ends");
    found(report, Severity.WARNING, dir.files(".index").get(1), "belongs to no segment");
  }

  @Test
  void aMissingBatchIsAGapAtItsPosition() throws IOException {
    WrittenDataDir dir = killed();
    List<Path> logs = dir.files(".log");
    Path active = logs.get(logs.size() - 1);
    byte[] bytes = dir.bytes(active);
    int first = RecordBatch.at(ByteBuffer.wrap(bytes), 0).sizeInBytes();
    dir.replace(active, Arrays.copyOfRange(bytes, first, bytes.length));
    VerifyReport report = dir.verify();
    found(report, Severity.ERROR, active, "base offset");
    assertThat(report.findings().get(0).position()).isZero();
  }

  @Test
  void missingIndexesAndChecksumsAreNamed() throws IOException {
    WrittenDataDir dir = closed();
    Path index = dir.files(".index").get(0);
    Path timeIndex = dir.files(".timeindex").get(1);
    Path checksum = dir.files(".checksum").get(1);
    store.delete(index);
    store.delete(timeIndex);
    store.delete(checksum);
    VerifyReport report = dir.verify();
    found(report, Severity.ERROR, index, "missing");
    found(report, Severity.ERROR, timeIndex, "missing");
    found(report, Severity.WARNING, checksum, "only what the batches' CRCs cover");
  }

  @Test
  void wrongIndexEntriesAreFoundWithoutTheChecksumToo() throws IOException {
    WrittenDataDir dir = closed();
    store.delete(dir.files(".checksum").get(0));
    for (String suffix : List.of(".index", ".timeindex")) {
      Path index = dir.files(suffix).get(0);
      for (long bit = 0; bit < store.size(index) * 8; bit++) {
        if (suffix.equals(".timeindex") && bit / 8 % 12 >= 8) {
          // Another offset with the same largest timestamp below it is a right entry too.
          continue;
        }
        dir.flip(index, bit);
        found(dir.verifyBytes(), Severity.ERROR, index, "entry");
        dir.flip(index, bit);
      }
      byte[] whole = dir.bytes(index);
      dir.replace(index, Arrays.copyOf(whole, whole.length - 1));
      found(dir.verify(), Severity.ERROR, index, "(expected: a multiple of");
      dir.replace(index, whole);
    }
    assertThat(dir.verify().isIntact()).isTrue();
  }

  @Test
  void epochsMustAscendAndBeThoseOfTheCheckpoint() throws IOException {
    WrittenDataDir dir = killed();
    List<Path> logs = dir.files(".log");
    Path active = logs.get(logs.size() - 1);
    byte[] bytes = dir.bytes(active);
    RecordBatch.stamp(
        ByteBuffer.wrap(bytes), 0, RecordBatch.at(ByteBuffer.wrap(bytes), 0).baseOffset(), 5);
    dir.replace(active, bytes);
    found(dir.verify(), Severity.ERROR, active, "leader epoch: 5 (expected: 4)");
    store.delete(dir.partition.resolve("leader-epoch-checkpoint"));
    assertThat(dir.verify().errors()).isPositive();
    found(dir.verify(), Severity.ERROR, active, "leader epoch: 4 (expected: at least 5)");
  }

  /**
   * S25: an epoch that would be possible there, and nothing but the whole file's checksum to tell.
   */
  @Test
  void S25_theWholeFilesChecksumCoversWhatNoOtherCheckDoes() throws IOException {
    WrittenDataDir dir = closed();
    Path epochs = dir.partition.resolve("leader-epoch-checkpoint");
    store.delete(epochs);
    Path log = raiseLastOfEpochZero(dir);
    VerifyReport report = dir.verify();
    assertThat(report.errors()).isEqualTo(1);
    found(report, Severity.ERROR, log, "CRC32C of the file");
    found(report, Severity.WARNING, epochs, "missing");
  }

  /** Makes the last batch of epoch 0 one of epoch 1; epoch 4 follows. */
  private Path raiseLastOfEpochZero(WrittenDataDir dir) throws IOException {
    Path found = PATH;
    int foundAt = 0;
    for (Path log : dir.files(".log")) {
      ByteBuffer bytes = ByteBuffer.wrap(dir.bytes(log));
      for (int at = 0; at < bytes.capacity(); ) {
        if (RecordBatch.at(bytes, at).leaderEpoch() == 0) {
          found = log;
          foundAt = at;
        }
        at += RecordBatch.at(bytes, at).sizeInBytes();
      }
    }
    byte[] bytes = dir.bytes(found);
    long baseOffset = RecordBatch.at(ByteBuffer.wrap(bytes), foundAt).baseOffset();
    RecordBatch.stamp(ByteBuffer.wrap(bytes), foundAt, baseOffset, 1);
    dir.replace(found, bytes);
    return found;
  }

  @Test
  void filesThatDoNotBelongAreNamed() throws IOException {
    WrittenDataDir dir = closed();
    Path badName = dir.partition.resolve("17.log");
    Path stranger = dir.partition.resolve("notes.txt");
    dir.replace(badName, new byte[0]);
    dir.replace(stranger, new byte[0]);
    dir.replace(dir.partition.resolve("00000000000000000000.log.deleted"), new byte[0]);
    VerifyReport report = dir.verify();
    found(report, Severity.ERROR, badName, "(expected: 20 digits and .log)");
    found(report, Severity.WARNING, stranger, "(expected: a file of a log)");
    assertThat(report.findings()).hasSize(2);
  }

  @Test
  void aLogStartOutsideTheLogIsFound() throws IOException {
    WrittenDataDir dir = closed();
    Path file = dir.partition.resolve("log-start-offset");
    new Checkpoint("log-start-offset", 1, List.of("9999")).write(store, file);
    found(dir.verify(), Severity.ERROR, file, "log start: 9999 (expected: [0, ");
  }

  @Test
  void aRunningBrokersDirectoryIsRefusedUnlessAskedFor() throws IOException {
    WrittenDataDir dir = WrittenDataDir.open(store, PATH, 700, 20);
    assertThatThrownBy(dir::verify)
        .isInstanceOf(LogInUseException.class)
        .hasMessageContaining("data directory /data: in use by a running broker");
    assertThatThrownBy(() -> LogVerifier.verify(store, dir.partition, VerifyOptions.FULL))
        .isInstanceOf(LogInUseException.class);
    VerifyReport report =
        LogVerifier.verify(store, PATH, new VerifyOptions(true, true, Long.MAX_VALUE));
    found(report, Severity.WARNING, PATH.resolve(".lock"), "held by a running broker");
    assertThat(report.errors()).isZero();
  }

  @Test
  void aDirectoryThatCantBeLockedIsCheckedWithAWarning() throws IOException {
    closed();
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.LOCK).failFromThenOn("Read-only file system");
    FileStore readOnly = new FaultyFileStore(store, plan);
    VerifyReport report = LogVerifier.verify(readOnly, PATH, VerifyOptions.FULL);
    assertThat(report.findings()).hasSize(1);
    found(report, Severity.WARNING, PATH.resolve(".lock"), "Read-only file system");
  }

  @Test
  void givesTheLockBackAndChangesNothing() throws IOException {
    WrittenDataDir dir = closed();
    List<Path> before = dir.allFiles();
    dir.verify();
    store.lock(PATH.resolve(".lock")).close();
    assertThat(dir.allFiles()).isEqualTo(before);
  }

  @Test
  void whatIsNoLogIsRefusedByName() throws IOException {
    store.createDirectories(Path.of("/elsewhere"));
    assertThatThrownBy(() -> LogVerifier.verify(store, Path.of("/elsewhere"), VerifyOptions.FULL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/elsewhere: neither a data directory");
    assertThatThrownBy(() -> LogVerifier.verify(store, Path.of("/none"), VerifyOptions.FULL))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aHugeDamageIsCountedButNotKept() throws IOException {
    WrittenDataDir dir = WrittenDataDir.killed(store, PATH, 1 << 20, 1500);
    Path active = dir.files(".log").get(0);
    byte[] bytes = dir.bytes(active);
    for (int at = 0; at < bytes.length; ) {
      bytes[at + RecordBatch.HEADER_BYTES - 1] ^= 1;
      at += RecordBatch.at(ByteBuffer.wrap(bytes), at).sizeInBytes();
    }
    dir.replace(active, bytes);
    VerifyReport report = dir.verify();
    assertThat(report.errors()).isEqualTo(1500);
    assertThat(report.findings()).hasSize(VerifyReport.MAX_FINDINGS);
  }
}
