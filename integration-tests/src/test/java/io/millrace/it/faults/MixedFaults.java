package io.millrace.it.faults;

import io.millrace.it.cluster.ClusterProcesses;
import io.millrace.it.faults.HistoryChecker.Violation;
import io.millrace.proto.v1.PartitionMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Three processes, a topic with each {@code flush.mode}, three replicas, two of them to be in sync;
 * one fault after the other while a {@link RecordedLoad} runs. Confined to one thread.
 */
final class MixedFaults {
  static final int NODES = 3;
  private static final int PARTITIONS = 3;

  /** Shorter than the session time-out, a little longer, much longer. */
  private static final List<Long> LENGTHS_MS = List.of(1_500L, 4_000L, 8_000L);

  private final ClusterProcesses cluster;
  private final ProxiedNetwork network;
  private final RecordedCluster recorded;
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
      ClusterProcesses cluster, ProxiedNetwork network, RecordedCluster recorded, Random random) {
    this.cluster = cluster;
    this.network = network;
    this.recorded = recorded;
    this.load = recorded.load();
    this.history = recorded.history();
    this.random = random;
  }

  /**
   * The settings of every node: leaders go back soon, so that each node leads when it is hit, and
   * followers that get nothing leave those in sync soon.
   */
  static Map<String, String> settings() {
    return Map.of(
        "leader.imbalance.check.interval.seconds", "5",
        "replica.lag.time.max.ms", "4000",
        "logging.level", "info");
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
    try (ProxiedNetwork network = new ProxiedNetwork(home);
        ClusterProcesses cluster = ClusterProcesses.start(home, NODES, settings(), network);
        RecordedCluster recorded =
            new RecordedCluster(cluster, PARTITIONS, recordsPerSecond, Map.of())) {
      return new MixedFaults(cluster, network, recorded, new Random(seed)).run(plan, least);
    }
  }

  private Result run(List<FaultKind> plan, long least) throws Exception {
    recorded.begin();
    for (FaultKind kind : plan) {
      load.steady(true);
      recorded.awaitProgress();
      play(kind);
    }
    Awaitility.await()
        .atMost(Duration.ofMinutes(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> history.acknowledged() >= least);
    List<Violation> violations = recorded.finish();
    return new Result(story, history.acknowledged(), history.failed(), violations);
  }

  /** One fault, from the choice of its node until all replicas are in sync again. */
  private void play(FaultKind kind) throws Exception {
    int controller = cluster.awaitController();
    Map<Integer, Integer> led = recorded.leaders();
    int node = choose(kind, controller, led);
    long lengthMs = LENGTHS_MS.get(random.nextInt(LENGTHS_MS.size()));
    boolean deposes = !kind.kills() && kind != FaultKind.STOP;
    load.steady(!deposes);
    load.gaps().begin();
    long begin = System.nanoTime();
    String detail = hit(kind, node, lengthMs);
    recorded.awaitAllInSync();
    long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
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
      case KILL_LEADER, DOUBLE_KILL, ISR_TOO_SMALL -> others.get(0);
      case KILL_FOLLOWER -> others.get(others.size() - 1);
      case STOP, PAUSE, CUT, SILENCE, MUTE, DEAFEN -> random.nextInt(NODES) + 1;
    };
  }

  /** Does it, and undoes it; returns how, for the story. */
  private String hit(FaultKind kind, int node, long lengthMs) throws Exception {
    switch (kind) {
      case KILL_LEADER, KILL_FOLLOWER, KILL_CONTROLLER -> {
        kill(node);
        return comeBack(node);
      }
      case DOUBLE_KILL -> {
        kill(node);
        recorded.awaitProgress();
        int next = nextLeader(node);
        kill(next);
        network.begins(node);
        cluster.node(node).restart();
        return ", then of node " + next + comeBack(next);
      }
      case ISR_TOO_SMALL -> {
        network.starve(node);
        awaitAloneInSync(node);
        RecordedCluster.pass(lengthMs);
        network.heal();
      }
      case STOP -> {
        int code = cluster.node(node).stop();
        network.ended(node);
        return " (exit code " + code + ")" + comeBack(node);
      }
      case PAUSE -> {
        cluster.node(node).pause();
        RecordedCluster.pass(lengthMs);
        cluster.node(node).resume();
      }
      case CUT -> {
        network.cut(node);
        RecordedCluster.pass(lengthMs);
        network.heal();
      }
      case SILENCE -> {
        network.silence(node, true);
        RecordedCluster.pass(lengthMs);
        network.heal();
      }
      case MUTE -> {
        network.mute(node);
        RecordedCluster.pass(lengthMs);
        network.heal();
      }
      case DEAFEN -> {
        network.deafen(node);
        RecordedCluster.pass(lengthMs);
        network.heal();
      }
    }
    return " for " + lengthMs + " ms";
  }

  /** Who leads most of what there is after a node has gone. */
  private int nextLeader(int gone) {
    Map<Integer, Integer> led = recorded.leaders();
    led.keySet().removeAll(List.of(0, gone));
    return Collections.max(led.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  private void kill(int node) throws InterruptedException {
    cluster.node(node).kill();
    network.ended(node);
  }

  /** Waits until it leads something, and nobody else is in sync for anything that it leads. */
  private void awaitAloneInSync(int node) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              List<PartitionMetadata> led =
                  recorded.known(node).values().stream()
                      .filter(each -> each.getLeaderId() == node)
                      .toList();
              return !led.isEmpty()
                  && led.stream().allMatch(each -> each.getInSyncReplicasCount() == 1);
            });
  }

  /** At once, or when the others have taken over. */
  private String comeBack(int node) throws IOException {
    boolean atOnce = random.nextInt(3) == 0;
    if (!atOnce) {
      recorded.awaitProgress();
    }
    network.begins(node);
    cluster.node(node).restart();
    return atOnce ? ", back at once" : "";
  }
}
