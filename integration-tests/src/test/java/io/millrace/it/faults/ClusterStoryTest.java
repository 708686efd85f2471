package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.millrace.client.api.BrokerLogDirs.LogDir;
import io.millrace.client.api.ConfigResource;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.QuorumDescription.Voter;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.BrokerProcess;
import io.millrace.it.cluster.ClusterProcesses;
import io.millrace.proto.v1.ErrorCode;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.ProduceResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What operators do to a cluster of processes and what happens to it, one after the other under one
 * {@link RecordedLoad}: replicas move, a disk is full, the last replicas in sync are killed, a disk
 * is lost, all nodes are killed. Nothing is lost, doubled or reordered, and the replicas' logs are
 * the same in the end.
 *
 * <p>Nodes 1 to 3 are voters, node 4 is none and has two data directories. Run with {@code
 * -Dmillrace.story.rounds=10} to have it all ten times on one cluster.
 */
class ClusterStoryTest {
  private static final int ROUNDS = Integer.getInteger("millrace.story.rounds", 1);
  private static final int NODES = 4;
  private static final int PARTITIONS = 2;
  private static final int RECORDS_PER_SECOND = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** More than a replica may be behind and still not be throttled (32 MB), and the credits. */
  private static final int FILLING_RECORDS = 600;

  private static final int FILLING_BYTES = 64 << 10;
  private static final int FILLING_PRODUCER = 10;
  private static final TopicPartition FILLED = new TopicPartition("os", 0);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path home;

  private ClusterProcesses cluster;
  private RecordedCluster recorded;
  private SmallDisk disk;
  private long beganNanos;

  @Test
  void S02_S06_S13_S14_S34_nothingIsLostWhateverIsDoneToTheCluster() throws Exception {
    beganNanos = System.nanoTime();
    try (SmallDisk small = SmallDisk.at(home.resolve("small"));
        ClusterProcesses processes = ClusterProcesses.start(home, settings(small.path()));
        RecordedCluster load =
            new RecordedCluster(
                processes, PARTITIONS, RECORDS_PER_SECOND, Map.of("file.delete.delay.ms", "0"))) {
      disk = small;
      cluster = processes;
      recorded = load;
      for (int round = 1; round <= ROUNDS; round++) {
        play(round);
      }
      assertThat(recorded.finish()).as("the nodes' files are in %s", home).isEmpty();
      assertThat(recorded.history().failed()).as("records that failed").isZero();
      tell("the end, %d records acknowledged".formatted(recorded.history().acknowledged()));
    }
  }

  private void play(int round) throws Exception {
    new Placement(List.of(1, 2, 3), List.of(2, 3, 1)).arrange(recorded);
    recorded.client().admin().transferLeadership(2);
    if (round == 1) {
      recorded.begin();
    }
    tell("four nodes are up");
    replicasMoveToAnotherNode();
    if (round == 1) {
      recorded.load().fill(FILLING_PRODUCER, FILLED, FILLING_RECORDS, FILLING_BYTES);
    }
    theNodeThatGetsReplicasIsKilledMeanwhile();
    aDiskIsFull();
    theLastInSyncAreKilledOneAfterTheOther(round);
    tooFewAreInSync();
    aDiskIsLost();
    allNodesAreKilledAtOnce();
    assertThat(uncleanElections()).as("a process that dies takes nothing with it").isEqualTo(round);
  }

  private List<Map<String, String>> settings(Path second) {
    Map<String, String> voter = Map.of("logging.level", "info");
    Map<String, String> broker = new HashMap<>(voter);
    broker.put("process.roles", "broker");
    broker.put("data.dirs", home.resolve("node-" + NODES).resolve("data") + "," + second);
    return List.of(voter, voter, voter, broker);
  }

  /** The new replica is filled, the old one's node leads no more and keeps no file. */
  private void replicasMoveToAnotherNode() {
    new Placement(List.of(2, 3, 4), List.of(4, 2, 3)).arrange(recorded);
    for (TopicPartition partition : recorded.partitions()) {
      await(() -> assertThat(cluster.node(1).directory(partition)).isEmpty());
    }
    recorded.awaitProgress();
    tell("replicas moved from node 1 to node 4");
  }

  private void theNodeThatGetsReplicasIsKilledMeanwhile() throws Exception {
    Placement placement = new Placement(List.of(2, 1, 4), List.of(4, 1, 2));
    ConfigResource adding = new ConfigResource.Broker(1);
    String rate = "follower.replication.throttled.rate";
    recorded.client().admin().alterConfigs(adding, Map.of(rate, "4MB"), Set.of());
    placement.ask(recorded);
    await(() -> assertThat(Placement.bytes(cluster, 1, FILLED)).isGreaterThan(FILLING_BYTES));
    cluster.node(1).kill();
    assertThat(Placement.bytes(cluster, 1, FILLED))
        .isLessThan((long) FILLING_RECORDS * FILLING_BYTES);
    recorded.awaitProgress();
    assertThat(Placement.adding(recorded, FILLED)).as("still under way").containsExactly(1);

    cluster.node(1).restart();
    recorded.client().admin().alterConfigs(adding, Map.of(), Set.of(rate));
    placement.await(recorded);
    recorded.awaitProgress();
    tell("replicas moved from node 3 to node 1, which was killed meanwhile");
  }

  /** S34: one of two directories of node 4 fails; its leaders move, the others go on. */
  private void aDiskIsFull() throws Exception {
    List<TopicPartition> there = recorded.partitions().stream().filter(this::liesOnDisk).toList();
    TopicPartition led = there.get(0);
    recorded.client().admin().alterReassignments(Map.of(led, Optional.of(List.of(4, 1, 2))));
    recorded.client().admin().electAllLeaders(ElectionType.PREFERRED);
    await(() -> assertThat(recorded.known(2)).extractingByKey(led).matches(isLedBy(4)));
    recorded.awaitProgress();
    disk.fail();
    await(
        () ->
            recorded
                .known(2)
                .forEach(
                    (partition, now) ->
                        assertThat(now.getInSyncReplicasList().contains(4))
                            .as("%s", partition)
                            .isEqualTo(!there.contains(partition))));
    assertThat(recorded.client().admin().listLogDirs(Set.of(4)).get(0).logDirs())
        .filteredOn(each -> !each.online())
        .extracting(LogDir::path)
        .containsExactly(disk.path().toString());
    recorded.awaitProgress();
    disk.mend();
    tell(disk.failure() + " under " + there);
  }

  private static Predicate<PartitionMetadata> isLedBy(int node) {
    return partition -> partition.getLeaderId() == node;
  }

  private boolean liesOnDisk(TopicPartition partition) {
    return Files.exists(disk.path().resolve(partition.topic() + "-" + partition.partition()));
  }

  /**
   * S13: nodes 4, 1 and 2 are killed before any of them is back. Node 1 was the last that left
   * those in sync: it is eligible, and leads. What may lose records is elected only where that is
   * allowed, and counted.
   */
  private void theLastInSyncAreKilledOneAfterTheOther(int round) throws Exception {
    Map<String, String> mayLose = Map.of("unclean.leader.election.enable", "true");
    SideTopic unclean = SideTopic.on(List.of(2, 4), cluster, recorded.client(), "unclean", mayLose);
    unclean.send("first", "second");
    cluster.node(4).kill();
    unclean.awaitInSync(List.of(2));
    unclean.send("lost", "lost too");
    recorded.awaitProgress();
    cluster.node(1).kill();
    await(
        () ->
            assertThat(recorded.known(2).values())
                .allMatch(each -> each.getInSyncReplicasList().equals(List.of(2)))
                .allMatch(each -> each.getEligibleLeaderReplicasList().equals(List.of(1))));
    cluster.node(2).kill();

    cluster.node(1).restart();
    await(() -> assertThat(recorded.known(1).values()).allMatch(isLedBy(1)));
    assertThat(uncleanElections()).isEqualTo(round - 1);
    cluster.node(4).restart();
    unclean.awaitLeader(4);
    assertThat(uncleanElections()).isEqualTo(round);
    unclean.send("third");
    recorded.awaitProgress();

    cluster.node(2).restart();
    unclean.awaitInSync(List.of(2, 4));
    recorded.awaitAllInSync();
    assertThat(unclean.read()).containsExactly("first", "second", "third");
    unclean.requireSameLogs();
    unclean.delete();
    assertThat(uncleanElections()).isEqualTo(round);
    recorded.awaitProgress();
    tell("three replicas were killed one after the other; an unclean election is counted");
  }

  private int uncleanElections() throws Exception {
    String name = "millrace_unclean_elections ";
    return cluster
        .node(1)
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> (int) Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  /** S06: nodes 1 and 4 stand still until they are fenced. */
  private void tooFewAreInSync() throws Exception {
    Map<String, String> two = Map.of("min.insync.replicas", "2");
    SideTopic refused = SideTopic.on(List.of(2, 1, 4), cluster, recorded.client(), "refused", two);
    recorded.load().steady(false);
    try (SingleProduce produce =
        new SingleProduce(cluster.node(2).bootstrap(), topicId("refused"))) {
      assertThat(SingleProduce.error(produce.send())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
      cluster.node(1).pause();
      cluster.node(4).pause();
      ListenableFuture<ProduceResponse> appended = produce.send();
      assertThat(SingleProduce.error(appended))
          .isEqualTo(ErrorCode.ERROR_CODE_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
      assertThat(SingleProduce.error(produce.send()))
          .isEqualTo(ErrorCode.ERROR_CODE_NOT_ENOUGH_REPLICAS);
      assertThat(recorded.known(2).values())
          .extracting(PartitionMetadata::getInSyncReplicasList)
          .containsOnly(List.of(2));
      cluster.node(1).resume();
      cluster.node(4).resume();
      refused.awaitInSync(List.of(2, 1, 4));
      assertThat(SingleProduce.error(produce.send())).isEqualTo(ErrorCode.ERROR_CODE_UNSPECIFIED);
    }
    recorded.awaitAllInSync();
    recorded.load().steady(true);
    assertThat(refused.end())
        .as("what was appended stays, what was refused is not there")
        .isEqualTo(3);
    refused.requireSameLogs();
    refused.delete();
    recorded.awaitProgress();
    tell("acks=all was refused while one was in sync");
  }

  private ByteString topicId(String name) {
    return cluster.metadata(2).getTopicsList().stream()
        .filter(topic -> topic.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getTopicId();
  }

  /** The steps of docs/cluster.md for a voter that lost its disk. */
  private void aDiskIsLost() throws Exception {
    String clusterId = recorded.client().admin().cluster().clusterId();
    BrokerProcess node = cluster.node(1);
    node.kill();
    recorded.awaitProgress();
    node.wipe();
    node.format(clusterId);
    node.beginAgain();
    recorded.client().admin().removeVoter(1, false);
    // Refused until the node runs.
    await(
        () ->
            assertThat(recorded.client().admin().addVoter(node.voter()).voters())
                .extracting(Voter::nodeId)
                .containsExactly(1, 2, 3));
    node.awaitReady();
    recorded.awaitAllInSync();
    recorded.awaitProgress();
    tell("node 1 lost its disk");
  }

  /** S14: what was acknowledged is in the page cache, whatever the flush mode. */
  private void allNodesAreKilledAtOnce() throws Exception {
    for (int node = 1; node <= NODES; node++) {
      cluster.node(node).process().killSoon();
    }
    for (int node = 1; node <= NODES; node++) {
      cluster.node(node).kill();
    }
    for (int node = 1; node <= NODES; node++) {
      cluster.node(node).beginAgain();
    }
    for (int node = 1; node <= NODES; node++) {
      cluster.node(node).awaitReady();
    }
    recorded.awaitAllInSync();
    recorded.awaitProgress();
    tell("all nodes were killed at once");
  }

  private static void await(ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .untilAsserted(assertion);
  }

  private void tell(String what) {
    long seconds = (System.nanoTime() - beganNanos) / 1_000_000_000;
    System.out.printf("%3d s: %s%n", seconds, what);
  }
}
