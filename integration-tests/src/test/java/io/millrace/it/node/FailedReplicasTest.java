package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerLogDirs;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.PartitionStatus.ReplicaStatus;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.RealFileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One of two log directories of a broker fails, while all partitions have three replicas. */
@Timeout(120)
class FailedReplicasTest {
  private static final String TOPIC = "copied";
  private static final int PARTITIONS = 12;
  private static final int RECORDS = 240;
  private static final int FAILING = 3;

  @TempDir Path home;

  private final FaultPlan plan = new FaultPlan();

  /** Where each record was acknowledged, by partition. */
  private final Map<Integer, Long> acknowledged = new HashMap<>();

  @Test
  void S14_S34_aFullDiskMovesItsLeadersAndNeverBringsBackAnEmptyReplica() throws Exception {
    Path full = home.resolve("full");
    List<Path> dirs = List.of(home.resolve("well"), full);
    try (LocalCluster cluster =
            new LocalCluster(home, new FaultyFileStore(new RealFileStore(), plan), dirs);
        MillraceClient client = cluster.connect()) {
      client
          .admin()
          .createTopic(
              new NewTopic(
                  TOPIC,
                  PARTITIONS,
                  LocalCluster.NODES,
                  Map.of("min.insync.replicas", "2", "flush.mode", "commit")));
      produce(client);
      Set<Integer> there = partitionsIn(full);
      assertThat(led(client)).as("leaders and followers lie there").containsAnyElementsOf(there);

      plan.on(Operation.WRITE, Operation.FORCE)
          .path(full + "/**")
          .failFromThenOn("No space left on device");
      produce(client);
      awaitOutOfSync(client, there);
      assertThat(client.admin().listLogDirs(Set.of(FAILING)).get(0).logDirs())
          .filteredOn(dir -> !dir.online())
          .singleElement()
          .extracting(BrokerLogDirs.LogDir::path)
          .isEqualTo(full.toString());

      // The next start finds the directory missing.
      cluster.node(FAILING).stop();
      plan.on(Operation.LOCK).path(full + "/**").failFromThenOn("I/O error");
      cluster.node(FAILING).start();
      awaitOutOfSync(client, there);
      produce(client);
      assertThat(there).noneMatch(number -> Files.exists(dirs.get(0).resolve(name(number))));

      cluster.node(FAILING).stop();
      plan.clear();
      cluster.node(FAILING).start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> states(client).stream().allMatch(FailedReplicasTest::isWhole));
      checkAllThere(client);
    }
  }

  private static String name(int partition) {
    return TOPIC + "-" + partition;
  }

  private static Set<Integer> partitionsIn(Path directory) {
    return IntStream.range(0, PARTITIONS)
        .filter(number -> Files.exists(directory.resolve(name(number))))
        .boxed()
        .collect(Collectors.toSet());
  }

  private static List<PartitionStatus> states(MillraceClient client) {
    return client.admin().listPartitions(TOPIC);
  }

  private static Set<Integer> led(MillraceClient client) {
    return states(client).stream()
        .filter(status -> status.partition().leader() == FAILING)
        .map(status -> status.partition().partition())
        .collect(Collectors.toSet());
  }

  private static boolean isWhole(PartitionStatus status) {
    return status.outOfSyncReplicas().isEmpty();
  }

  /** Every record is acknowledged, whatever fails meanwhile. */
  private void produce(MillraceClient client) {
    List<CompletableFuture<RecordMetadata>> open = new ArrayList<>();
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < RECORDS; i++) {
        open.add(
            producer.send(ProducerRecord.of(TOPIC, new byte[100]).toPartition(i % PARTITIONS)));
        if (i % PARTITIONS == 0) {
          producer.flush();
        }
      }
    }
    for (CompletableFuture<RecordMetadata> each : open) {
      RecordMetadata at = each.join();
      acknowledged.merge(at.partition(), 1L, Long::sum);
      assertThat(at.offset()).isEqualTo(acknowledged.get(at.partition()) - 1);
    }
  }

  /** The replicas there are out of sync and said to be offline; the others of the broker go on. */
  private static void awaitOutOfSync(MillraceClient client, Set<Integer> there) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              for (PartitionStatus status : states(client)) {
                boolean offline = there.contains(status.partition().partition());
                assertThat(LocalCluster.inSync(status, FAILING)).isEqualTo(!offline);
                assertThat(status.partition().leader()).isPositive();
                assertThat(code(status)).isEqualTo(offline ? "LOG_DIR_OFFLINE" : "");
              }
            });
  }

  private static String code(PartitionStatus status) {
    return status.replicas().stream()
        .filter(replica -> replica.nodeId() == FAILING)
        .findFirst()
        .flatMap(ReplicaStatus::whyUnknown)
        .map(why -> why.code().toString())
        .orElse("");
  }

  private void checkAllThere(MillraceClient client) {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    acknowledged.keySet().forEach(p -> ends.put(new TopicPartition(TOPIC, p), OffsetSpec.latest()));
    client
        .admin()
        .offsets(ends)
        .forEach(
            (partition, end) -> assertThat(end).isEqualTo(acknowledged.get(partition.partition())));
    assertThat(states(client))
        .allSatisfy(
            status ->
                assertThat(status.replicas())
                    .extracting(ReplicaStatus::endOffset)
                    .containsOnly(acknowledged.get(status.partition().partition())));
  }
}
