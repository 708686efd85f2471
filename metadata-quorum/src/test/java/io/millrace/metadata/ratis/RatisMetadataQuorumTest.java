package io.millrace.metadata.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.ratis.MetadataLogRepair.Damage;
import io.millrace.metadata.ratis.RatisSettings.SnapshotPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class RatisMetadataQuorumTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final UUID DIRECTORY_ID = new UUID(1, 2);

  @TempDir private Path data;
  private final RealFileStore store = new RealFileStore();
  private final ThrowingFaults faults = new ThrowingFaults();
  private final List<RatisMetadataQuorum> opened = new ArrayList<>();

  @AfterEach
  void closeAll() {
    opened.forEach(RatisMetadataQuorum::close);
  }

  @Test
  void thousandTopicsAreThereAfterARestart() {
    RatisMetadataQuorum quorum = startNew();
    start(quorum);
    createTopics(quorum, "t", 1_000);
    MetadataImage before = quorum.image();
    quorum.close();

    RatisMetadataQuorum again = start(settings());
    run(again, Cluster.register(1, "")); // The same process: it changes nothing.
    assertThat(again.image().topics()).isEqualTo(before.topics());
    assertThat(again.image().brokers()).isEqualTo(before.brokers());
    assertThat(again.image().controller().epoch()).isGreaterThan(before.controller().epoch());
    assertThat(again.health().state()).isEqualTo(State.ACTIVE);
    assertThat(faults.faults()).isEmpty();
  }

  @Test
  void restartFromASnapshotWithTheLogCutBeforeIt() throws IOException {
    RatisSettings settings = settings(new SnapshotPolicy(40, 1L << 30));
    MetadataStorage.format(store, settings);
    RatisMetadataQuorum quorum = start(settings);
    start(quorum);
    for (int i = 0; i < 150; i++) {
      run(quorum, create("t" + i, RequestOptions.NONE));
    }
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              run(quorum, create("x" + quorum.image().revision(), RequestOptions.NONE));
              return snapshots().size() == 2;
            });
    MetadataImage before = quorum.image();
    quorum.close();

    RatisMetadataQuorum again = start(settings);
    assertThat(again.image().topics()).isEqualTo(before.topics());
    assertThat(faults.faults()).isEmpty();
  }

  @Test
  void damagedSnapshotIsRefusedByName() throws IOException {
    RatisSettings settings = settings(new SnapshotPolicy(10, 1L << 30));
    MetadataStorage.format(store, settings);
    RatisMetadataQuorum quorum = start(settings);
    start(quorum);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              run(quorum, create("x" + quorum.image().revision(), RequestOptions.NONE));
              return !snapshots().isEmpty();
            });
    quorum.close();
    Path latest = snapshots().get(snapshots().size() - 1);
    byte[] bytes = Files.readAllBytes(latest);
    bytes[bytes.length / 2] ^= 1;
    Files.write(latest, bytes);

    assertThatThrownBy(() -> start(settings))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining(latest.getFileName().toString())
        .hasMessageContaining("is damaged")
        .hasMessageContaining("restore the metadata directory from a backup");
  }

  @Test
  void repeatedRequestIsAnsweredTheSameAfterARestart() {
    RatisMetadataQuorum quorum = startNew();
    start(quorum);
    Command create = create("orders", RequestOptions.withId("r1"));
    CommandResult first = run(quorum, create);
    quorum.close();

    RatisMetadataQuorum again = start(settings());
    assertThat(run(again, create)).isEqualTo(first).isInstanceOf(TopicResult.class);
    Refused reused =
        (Refused)
            run(again, new DeleteTopic("orders", Optional.empty(), RequestOptions.withId("r1")));
    assertThat(reused.error().code()).isEqualTo(ErrorCode.REQUEST_ID_REUSED);
  }

  @Test
  void directoryThatIsNotFormattedIsRefused() {
    assertThatThrownBy(() -> start(settings()))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("is not formatted");
  }

  @Test
  void lostLogIsRefusedAndNotFormattedAnew() throws IOException {
    startNew().close();
    try (Stream<Path> files = Files.walk(metadata().resolve("raft"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    assertThatThrownBy(() -> start(settings()))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("the metadata log is gone")
        .hasMessageContaining("restore");
  }

  @Test
  void directoryOfAnotherVoterOrClusterIsRefused() {
    startNew().close();
    RatisSettings mine = settings();
    RatisSettings otherNode =
        new RatisSettings("c1", 2, DIRECTORY_ID, metadata(), "127.0.0.1", 0, mine.snapshots());
    RatisSettings otherCluster =
        new RatisSettings("c2", 1, DIRECTORY_ID, metadata(), "127.0.0.1", 0, mine.snapshots());
    assertThatThrownBy(() -> start(otherNode))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("belongs to the voter 1-");
    assertThatThrownBy(() -> start(otherCluster))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("belongs to the cluster c1");
  }

  /** A record that was cut short by a power loss: said, not passed over; then cut, and only it. */
  @Test
  void tornLastRecordIsToldAndOnlyItIsCutByTheRepair() throws IOException {
    RatisMetadataQuorum quorum = startNew();
    start(quorum);
    for (int i = 0; i < 20; i++) {
      run(quorum, create("t" + i, RequestOptions.NONE));
    }
    quorum.close();
    Path log = openSegment();
    write(log, endOfRecords(log) - 3, new byte[3]);
    byte[] torn = Files.readAllBytes(log);

    assertThatThrownBy(() -> start(settings()))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageStartingWith("the last record of the metadata log is damaged, at byte ")
        .hasMessageContaining(log.getFileName().toString())
        .hasMessageContaining("Nothing was changed");
    assertThat(Files.readAllBytes(log)).isEqualTo(torn);

    Damage damage = MetadataLogRepair.inspect(store, metadata()).orElseThrow();
    Path kept = MetadataLogRepair.cut(store, metadata(), damage);
    assertThat(kept).hasSize(damage.bytes());
    assertThat(MetadataLogRepair.inspect(store, metadata())).isEmpty();
    RatisMetadataQuorum again = start(settings());
    assertThat(again.image().topic("t18")).isPresent();
    assertThat(again.image().topic("t19")).isEmpty();
  }

  @Test
  void damageBeforeGoodRecordsIsToldAndNotCut() throws IOException {
    RatisMetadataQuorum quorum = startNew();
    start(quorum);
    for (int i = 0; i < 5; i++) {
      run(quorum, create("t" + i, RequestOptions.NONE));
    }
    quorum.close();
    Path log = openSegment();
    long middle = endOfRecords(log) / 2;
    write(log, middle, new byte[] {(byte) ~Files.readAllBytes(log)[(int) middle]});

    assertThatThrownBy(() -> start(settings()))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageStartingWith("a record of the metadata log is damaged")
        .hasMessageContaining("restore the metadata directory from a backup");
    Damage damage = MetadataLogRepair.inspect(store, metadata()).orElseThrow();
    assertThatThrownBy(() -> MetadataLogRepair.cut(store, metadata(), damage))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void secondServerOnTheSameDirectoryIsRefused() {
    startNew();
    assertThatThrownBy(() -> start(settings()))
        .isInstanceOf(MetadataStorageException.class)
        .hasMessageContaining("another process uses the metadata");
  }

  @Test
  void listenerPortInUseIsTold() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      RatisSettings settings =
          new RatisSettings(
              "c1", 1, DIRECTORY_ID, metadata(), "127.0.0.1", port, SnapshotPolicy.DEFAULT);
      MetadataStorage.format(store, settings);
      assertThatThrownBy(() -> start(settings))
          .isInstanceOf(MetadataStorageException.class)
          .hasMessageContaining("can't bind to 127.0.0.1:" + port);
    }
  }

  @Test
  void commandsAfterCloseAreRefused() {
    RatisMetadataQuorum quorum = startNew();
    quorum.close();
    Refused refused = (Refused) run(quorum, create("a", RequestOptions.NONE));
    assertThat(refused.error().code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  private static void createTopics(RatisMetadataQuorum quorum, String prefix, int count) {
    List<CompletableFuture<CommandResult>> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(quorum.submit(create(prefix + i, RequestOptions.NONE), PATIENCE));
    }
    assertThat(results).allMatch(result -> result.join() instanceof TopicResult);
  }

  private static CreateTopic create(String name, RequestOptions options) {
    return new CreateTopic(name, 1, 1, Map.of(), options);
  }

  private static CommandResult run(RatisMetadataQuorum quorum, Command command) {
    return quorum.submit(command, PATIENCE).join();
  }

  private RatisMetadataQuorum startNew() {
    MetadataStorage.format(store, settings());
    return start(settings());
  }

  private RatisMetadataQuorum start(RatisSettings settings) {
    RatisMetadataQuorum quorum =
        new RatisMetadataQuorum(
            settings,
            ControllerSettings.DEFAULTS,
            UUID::randomUUID,
            store,
            new SystemClock(),
            faults);
    opened.add(quorum);
    quorum.start();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(PATIENCE)
        .until(quorum::isActiveController);
    return quorum;
  }

  private RatisSettings settings() {
    return settings(SnapshotPolicy.DEFAULT);
  }

  private RatisSettings settings(SnapshotPolicy policy) {
    return new RatisSettings("c1", 1, DIRECTORY_ID, metadata(), "127.0.0.1", 0, policy);
  }

  private Path metadata() {
    return data.resolve("metadata");
  }

  private List<Path> snapshots() throws IOException {
    try (Stream<Path> files = Files.walk(metadata())) {
      return files
          .filter(file -> file.getFileName().toString().matches("snapshot\\.\\d+_\\d+"))
          .sorted()
          .toList();
    }
  }

  private Path openSegment() throws IOException {
    try (Stream<Path> files = Files.walk(metadata())) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("log_inprogress"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void write(Path log, long position, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), position);
    }
  }

  private static long endOfRecords(Path log) throws IOException {
    byte[] bytes = Files.readAllBytes(log);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  private static void start(RatisMetadataQuorum quorum) {
    run(quorum, Cluster.register(1, ""));
    long epoch = quorum.image().broker(1).orElseThrow().epoch();
    run(quorum, BrokerHeartbeat.of(1, epoch, epoch));
  }
}
