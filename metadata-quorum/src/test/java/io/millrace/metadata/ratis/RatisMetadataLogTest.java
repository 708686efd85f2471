package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.MetadataLog.Outcome;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.MetadataThread;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.NoOp;
import io.millrace.proto.internal.v1.PartitionChange;
import io.millrace.proto.internal.v1.PartitionsChanged;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLogBase;
import org.apache.ratis.util.AutoCloseableLock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class RatisMetadataLogTest implements MetadataLog.Listener {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path data;
  private final ThrowingFaults faults = new ThrowingFaults();
  private final MetadataThread watch = new MetadataThread("watch");
  private final BlockingQueue<Long> epochs = new LinkedBlockingQueue<>();
  private volatile long lastEpoch;
  private final List<Long> revisions = new CopyOnWriteArrayList<>();
  private RatisMetadataLog log;

  @BeforeEach
  void start() {
    RatisSettings settings = settings("metadata");
    MetadataStorage.format(new RealFileStore(), settings);
    log = new RatisMetadataLog(settings, new RealFileStore(), faults, watch);
    log.start(this);
  }

  private RatisSettings settings(String directory) {
    return new RatisSettings(
        "c1",
        1,
        new UUID(1, 2),
        data.resolve(directory),
        "127.0.0.1",
        0,
        new RatisSettings.SnapshotPolicy(1_000_000, 300));
  }

  @AfterEach
  void close() {
    log.close();
    watch.close();
  }

  @Test
  void resigningBeginsAnotherEpoch() throws InterruptedException {
    long first = nextEpoch();
    assertThat(append(first)).isEqualTo(Outcome.APPLIED);
    log.resign(first);
    long second = nextEpoch();
    assertThat(second).isGreaterThan(first);
    assertThat(append(first)).isEqualTo(Outcome.VOID);
    assertThat(append(second)).isEqualTo(Outcome.APPLIED);
    assertThat(faults.faults()).isEmpty();
  }

  @Test
  void resigningOfAnEndedEpochDoesNothing() throws InterruptedException {
    long epoch = nextEpoch();
    log.resign(epoch - 1);
    assertThat(append(epoch)).isEqualTo(Outcome.APPLIED);
    assertThat(epochs).isEmpty();
  }

  @Test
  void imageHasTheEntryBeforeItsOutcomeIsTold() throws InterruptedException {
    long epoch = nextEpoch();
    CompletableFuture<Long> seen = new CompletableFuture<>();
    log.append(entry(epoch), outcome -> seen.complete(log.image().revision()));
    assertThat(seen.join()).isEqualTo(1);
    assertThat(revisions).containsExactly(1L);
  }

  @Test
  void snapshotIsTakenWhenTheLogHasGrownByBytes() throws InterruptedException {
    long epoch = nextEpoch();
    for (int i = 0; i < 100; i++) {
      append(epoch);
    }
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> log.running().getDivision(group()).getStateMachine().getLatestSnapshot() != null);
  }

  @Test
  void serverThatClosedItselfIsAFault() throws IOException, InterruptedException {
    long epoch = nextEpoch();
    log.running().getDivision(group()).close();
    Awaitility.await().atMost(PATIENCE).until(() -> !faults.faults().isEmpty());
    assertThat(faults.faults().get(0)).contains("closed itself").contains("Restart the node");
    assertThat(log.failure()).isPresent();
    assertThat(append(epoch)).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void aLogThatHangsWhileItIsClosedDoesNotKeepTheNodeFromEnding() throws Exception {
    nextEpoch();
    RaftLogBase ratis = (RaftLogBase) log.running().getDivision(group()).getRaftLog();
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    CompletableFuture<Void> holding =
        CompletableFuture.runAsync(
            () -> {
              try (AutoCloseableLock unused = ratis.readLock()) {
                held.countDown();
                goesOn.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    held.await();
    try {
      CompletableFuture<Void> closing = CompletableFuture.runAsync(log::close);
      Awaitility.await().atMost(PATIENCE).until(closing::isDone);
      closing.join();
    } finally {
      goesOn.countDown();
    }
    holding.join();
  }

  @Test
  void anEntryThatCantBeReplayedShowsAsAFailure() throws InterruptedException {
    long epoch = nextEpoch();
    MetadataEntry impossible =
        entry(epoch).toBuilder()
            .addRecords(
                Records.builder()
                    .setPartitionsChanged(
                        PartitionsChanged.newBuilder()
                            .setTopicId(Uuids.toBytes(new UUID(8, 9)))
                            .addChanges(PartitionChange.newBuilder().setPartition(1))))
            .build();
    log.append(impossible, outcome -> {});
    Awaitility.await().atMost(PATIENCE).until(() -> !faults.faults().isEmpty());
    assertThat(faults.faults().get(0)).contains("can't be replayed");
    assertThat(log.failure()).isPresent();
  }

  @Test
  void looksForRoomOnTheDiskBeforeItStarts() {
    RatisSettings other = settings("other");
    MetadataStorage.format(new RealFileStore(), other);
    FaultPlan plan = new FaultPlan();
    plan.on(Operation.USABLE_SPACE).failOnce("Input/output error");
    RatisMetadataLog full =
        new RatisMetadataLog(other, new FaultyFileStore(new RealFileStore(), plan), faults, watch);
    assertThatThrownBy(() -> full.start(this))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("Input/output error");
  }

  private RaftGroupId group() throws IOException {
    RaftServer server = log.running();
    return server.getGroupIds().iterator().next();
  }

  private long nextEpoch() throws InterruptedException {
    Long epoch = epochs.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(epoch).isNotNull();
    return epoch;
  }

  private Outcome append(long epoch) {
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    log.append(entry(epoch), outcome::complete);
    return outcome.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  private MetadataEntry entry(long epoch) {
    return MetadataEntry.newBuilder()
        .setControllerEpoch(epoch)
        .setExpectedRevision(log.image().revision())
        .addRecords(Records.builder().setNoOp(NoOp.getDefaultInstance()))
        .build();
  }

  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    revisions.add(image.revision());
  }

  @Override
  public void onLeading(long epoch) {
    if (lastEpoch != epoch) { // The watchdog tells of the same one each second.
      epochs.add(epoch);
    }
    lastEpoch = epoch;
  }

  @Override
  public void onNotLeading() {}

  @Override
  public void onOtherLeading(int nodeId) {}
}
