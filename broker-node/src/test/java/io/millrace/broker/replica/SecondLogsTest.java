package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.TimeGuard;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.replica.ReplicaSettings.Housekeeping;
import io.millrace.broker.replica.ReplicaSettings.Threading;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.TopicsImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pcollections.PVector;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

@Timeout(30)
class SecondLogsTest {
  private static final int PARTITIONS = 3_000;
  private static final UUID TOPIC = new UUID(0, 7);

  /** A checkpoint reads on another thread: what it does not find loses its recovery point. */
  @Test
  void S31_aSecondLogThatTurnsOutToCountIsAmongTheUnopenedAllTheTime() throws Exception {
    LogDirectory directory = directory();
    for (int i = 0; i < PARTITIONS; i++) {
      directory.seconds().put(new TopicIdPartition(TOPIC, i), new TopicPartition("orders", i));
    }
    AtomicBoolean decided = new AtomicBoolean();
    CompletableFuture<Void> deciding =
        CompletableFuture.runAsync(
                () ->
                    new SecondLogs(TestBroker.ID, List.of(directory))
                        .decide(naming(directory.id()), (id, name, counts) -> {}))
            .whenComplete((done, failed) -> decided.set(true));

    do {
      assertThat(directory.unopened().size()).isEqualTo(PARTITIONS);
    } while (!decided.get());

    deciding.join();
    assertThat(directory.withheld()).hasSize(PARTITIONS);
    assertThat(directory.seconds()).isEmpty();
  }

  private static MetadataImage naming(UUID directory) {
    PVector<PartitionImage> all = TreePVector.empty();
    for (int i = 0; i < PARTITIONS; i++) {
      all =
          all.plus(
              new PartitionImage(
                  List.of(TestBroker.ID),
                  List.of(directory),
                  List.of(TestBroker.ID),
                  List.of(),
                  new PartitionImage.Leadership(TestBroker.ID, 0, PartitionImage.NO_BROKER),
                  0,
                  1));
    }
    return MetadataImage.EMPTY.withTopics(
        TopicsImage.EMPTY.with(new TopicImage(TOPIC, "orders", all, TreePMap.empty())));
  }

  private static LogDirectory directory() throws IOException {
    SystemClock clock = new SystemClock();
    DataDirOpening opening =
        new DataDirOpening(
            new MemoryFileStore(), Path.of("/a"), "c1", TestBroker.ID, () -> Optional.of("boot"));
    opening.format(UUID.randomUUID());
    DataDir dir = opening.open();
    return new LogDirectory(
        dir,
        new ReplicaSettings(
            TestBroker.ID,
            UUID.randomUUID(),
            TestBroker.BROKER_CONFIG,
            new Threading(1, 1, ShardLimits.DEFAULT),
            new Housekeeping(20, 20, 86_400_000, 64, 100),
            CleanerSettings.DEFAULT,
            30_000),
        new TimeGuard(clock),
        clock,
        (message, cause) -> new IllegalStateException(message, cause),
        ReplicationPorts.NONE);
  }
}
