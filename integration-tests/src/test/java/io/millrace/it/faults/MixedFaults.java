package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.PartitionDescription;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.ClusterProcesses;
import io.millrace.it.faults.HistoryChecker.Violation;
import io.millrace.proto.v1.PartitionMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Three processes, a topic with each {@code flush.mode}, three replicas, two of them to be in sync;
 * one fault after the other while a {@link RecordedLoad} runs. Confined to one thread.
 */
final class MixedFaults {
  static final int NODES = 3;
  private static final int PARTITIONS = 3;
  private static final Duration IN_SYNC_AGAIN = Duration.ofSeconds(120);

  /** Acknowledgements of each partition that show that it is written to. */
  private static final int PROGRESS = 20;

  /** Shorter than the session time-out, a little longer, much longer. */
  private static final List<Long> LENGTHS_MS = List.of(1_500L, 4_000L, 8_000L);

  private final ClusterProcesses cluster;
  private final ProxiedNetwork network;
  private final MillraceClient client;
  private final RecordedLoad load;
  private final ClientHistory history;
  private final Random random;
  private final List<String> story = new ArrayList<>();

  /**
   * What came of a run.
   *
   * @param story a line for each fault
   */
  record Result(List<String> story, long acknowledged, long failed, List<Violation> violations) {}

  private MixedFaults(
      ClusterProcesses cluster,
      ProxiedNetwork network,
      MillraceClient client,
      RecordedLoad load,
      ClientHistory history,
      Random random) {
    this.cluster = cluster;
    this.network = network;
    this.client = client;
    this.load = load;
    this.history = history;
    this.random = random;
  }

  /** The settings of every node: leaders go back soon, so that each node leads when it is hit. */
  static Map<String, String> settings() {
    return Map.of("leader.imbalance.check.interval.seconds", "5", "logging.level", "info");
  }

  /** Some of each kind, and of each kill twice as many, in an order that the seed gives. */
  static List<FaultKind> plan(int faults, long seed) {
    List<FaultKind> plan = new ArrayList<>();
    Random order = new Random(seed);
    while (plan.size() < faults) {
      List<FaultKind> all = new ArrayList<>(List.of(FaultKind.values()));
      all.addAll(Stream.of(FaultKind.values()).filter(FaultKind::kills).toList());
      Collections.shuffle(all, order);
      plan.addAll(all);
    }
    return plan.subList(0, faults);
  }

  /**
   * Runs all faults and checks what clients saw.
   *
   * @param home where the nodes keep everything
   * @param seed which nodes are hit, for how long
   * @param recordsPerSecond of each of the two producers, at most
   * @param least goes on sending after the last fault until so many records are acknowledged
   */
  static Result run(Path home, List<FaultKind> plan, long seed, int recordsPerSecond, long least)
      throws Exception {
    ClientHistory history = new ClientHistory();
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : List.of("os", "commit")) {
      for (int i = 0; i < PARTITIONS; i++) {
        partitions.add(new TopicPartition(topic, i));
      }
    }
    try (ProxiedNetwork network = new ProxiedNetwork(home);
        ClusterProcesses cluster = ClusterProcesses.start(home, NODES, settings(), network);
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()));
        RecordedLoad load =
            new RecordedLoad(cluster.bootstrap(), history, partitions, recordsPerSecond)) {
      for (String topic : List.of("os", "commit")) {
        Map<String, String> configs = Map.of("min.insync.replicas", "2", "flush.mode", topic);
        client.admin().createTopic(new NewTopic(topic, PARTITIONS, NODES, configs));
      }
      MixedFaults run = new MixedFaults(cluster, network, client, load, history, new Random(seed));
      return run.run(plan, partitions, least);
    }
  }

  private Result run(List<FaultKind> plan, List<TopicPartition> partitions, long least)
      throws Exception {
    awaitAllInSync();
    load.start();
    load.gaps().begin();
    awaitProgress();
    for (FaultKind kind : plan) {
      load.steady(true);
      awaitProgress();
      play(kind);
    }
    Awaitility.await()
        .atMost(Duration.ofMinutes(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> history.acknowledged() >= least);
    load.finish();
    awaitAllInSync();
    Map<TopicPartition, ClientHistory.Contents> logs = FinalLogs.read(client, history, partitions);
    return new Result(
        story,
        history.acknowledged(),
        history.failed(),
        HistoryChecker.violations(history, logs, replicas(partitions)));
  }

  /** One fault, from the choice of its node until all replicas are in sync again. */
  private void play(FaultKind kind) throws Exception {
    int controller = cluster.awaitController();
    Map<Integer, Integer> led = leaders();
    int node = choose(kind, controller, led);
    long lengthMs = LENGTHS_MS.get(random.nextInt(LENGTHS_MS.size()));
    boolean deposes = !kind.kills() && kind != FaultKind.STOP;
    load.steady(!deposes);
    load.gaps().begin();
    long begin = System.nanoTime();
    String detail = hit(kind, node, lengthMs);
    awaitAllInSync();
    long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    load.requireNoFailure();
    String line =
        String.format(
            "%2d %-15s node %d, leader of %d of %d%s%s: longest time without an acknowledgement"
                + " %d ms; all in sync after %d ms; %d acknowledged",
            story.size() + 1,
            kind,
            node,
            led.getOrDefault(node, 0),
            2 * PARTITIONS,
            node == controller ? " and controller" : "",
            detail,
            load.gaps().longestMs(),
            tookMs,
            history.acknowledged());
    story.add(line);
    System.out.println(line);
  }

  private int choose(FaultKind kind, int controller, Map<Integer, Integer> led) {
    List<Integer> others = new ArrayList<>();
    for (int node = 1; node <= NODES; node++) {
      if (node != controller) {
        others.add(node);
      }
    }
    others.sort((a, b) -> led.getOrDefault(b, 0) - led.getOrDefault(a, 0));
    return switch (kind) {
      case KILL_CONTROLLER -> controller;
      case KILL_LEADER -> others.get(0);
      case KILL_FOLLOWER -> others.get(others.size() - 1);
      case STOP, PAUSE, CUT, SILENCE, MUTE, DEAFEN -> random.nextInt(NODES) + 1;
    };
  }

  /** Does it, and undoes it; returns how, for the story. */
  private String hit(FaultKind kind, int node, long lengthMs) throws Exception {
    switch (kind) {
      case KILL_LEADER, KILL_FOLLOWER, KILL_CONTROLLER -> {
        cluster.node(node).kill();
        network.ended(node);
        return comeBack(node);
      }
      case STOP -> {
        int code = cluster.node(node).stop();
        network.ended(node);
        return " (exit code " + code + ")" + comeBack(node);
      }
      case PAUSE -> {
        cluster.node(node).pause();
        pass(lengthMs);
        cluster.node(node).resume();
      }
      case CUT -> {
        network.cut(node);
        pass(lengthMs);
        network.heal();
      }
      case SILENCE -> {
        network.silence(node, true);
        pass(lengthMs);
        network.heal();
      }
      case MUTE -> {
        network.mute(node);
        pass(lengthMs);
        network.heal();
      }
      case DEAFEN -> {
        network.deafen(node);
        pass(lengthMs);
        network.heal();
      }
    }
    return " for " + lengthMs + " ms";
  }

  /** At once, or when the others have taken over. */
  private String comeBack(int node) throws IOException {
    boolean atOnce = random.nextInt(3) == 0;
    if (!atOnce) {
      awaitProgress();
    }
    network.begins(node);
    cluster.node(node).restart();
    return atOnce ? ", back at once" : "";
  }

  private static void pass(long ms) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
      LockSupport.parkNanos(end - now);
    }
  }

  /** Every partition is written to from now on. */
  private void awaitProgress() {
    long before = load.gaps().fewest();
    Awaitility.await()
        .atMost(Duration.ofSeconds(120))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> load.gaps().fewest() >= before + PROGRESS);
  }

  /** By what each node knows: one that was cut off tells of the past until it has caught up. */
  private void awaitAllInSync() {
    Awaitility.await()
        .atMost(IN_SYNC_AGAIN)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              List<PartitionMetadata> known = partitions(1);
              assertThat(known)
                  .hasSize(2 * PARTITIONS)
                  .allMatch(
                      each -> each.getLeaderId() != 0 && each.getInSyncReplicasCount() == NODES);
              for (int node = 2; node <= NODES; node++) {
                assertThat(partitions(node)).isEqualTo(known);
              }
            });
  }

  private List<PartitionMetadata> partitions(int node) {
    return cluster.metadata(node).getTopicsList().stream()
        .flatMap(topic -> topic.getPartitionsList().stream())
        .toList();
  }

  private List<PartitionDescription> descriptions() {
    List<PartitionDescription> all = new ArrayList<>();
    all.addAll(client.admin().describeTopic("os").partitions());
    all.addAll(client.admin().describeTopic("commit").partitions());
    return all;
  }

  /** How many partitions each node leads. */
  private Map<Integer, Integer> leaders() {
    Map<Integer, Integer> led = new HashMap<>();
    descriptions().forEach(each -> led.merge(each.leader(), 1, Integer::sum));
    return led;
  }

  private Map<TopicPartition, List<ReplicaLog>> replicas(List<TopicPartition> partitions)
      throws IOException {
    Map<TopicPartition, List<ReplicaLog>> all = new HashMap<>();
    for (TopicPartition partition : partitions) {
      List<ReplicaLog> logs = new ArrayList<>();
      for (int node = 1; node <= NODES; node++) {
        logs.add(
            ReplicaLog.read(
                node,
                cluster
                    .node(node)
                    .dataDir()
                    .resolve(partition.topic() + "-" + partition.partition())));
      }
      all.put(partition, logs);
    }
    return all;
  }
}
