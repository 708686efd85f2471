package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.RealFileStore;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.MetadataLog.Outcome;
import io.millrace.metadata.MetadataThread;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Records;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.NoOp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
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
  private final List<Long> revisions = new CopyOnWriteArrayList<>();
  private RatisMetadataLog log;

  @BeforeEach
  void start() {
    RatisSettings settings =
        new RatisSettings(
            "c1",
            1,
            new UUID(1, 2),
            data.resolve("metadata"),
            "127.0.0.1",
            0,
            new RatisSettings.SnapshotPolicy(1_000_000, 300));
    MetadataStorage.format(new RealFileStore(), settings);
    log = new RatisMetadataLog(settings, new RealFileStore(), faults, watch);
    log.start(this);
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
    epochs.add(epoch);
  }

  @Override
  public void onNotLeading() {}

  @Override
  public void onOtherLeading() {}
}
