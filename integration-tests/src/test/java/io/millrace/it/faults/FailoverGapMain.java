package io.millrace.it.faults;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.MetadataEvent;
import io.millrace.client.api.MetadataWatch;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.PartitionDescription;
import io.millrace.common.TopicPartition;
import io.millrace.it.cluster.Addressing;
import io.millrace.it.cluster.ClusterProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * The gap that a producer sees when a leader goes: {@code FAULT ROUNDS [controller]}, with kill,
 * stop, pause or silence for FAULT. The leader's node is the controller's, or it is not. For each
 * round: the longest time without an acknowledgement of a {@link GapProbe}, and when another
 * broker's metadata told of the next leader.
 */
public final class FailoverGapMain {
  private static final int NODES = 3;
  private static final String TOPIC = "probe";
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** Acknowledgements that show that it goes well, before and after. */
  private static final int WELL = 200;

  private final ClusterProcesses cluster;
  private final MillraceClient client;
  private final Optional<ProxiedNetwork> network;
  private final String fault;
  private final boolean ofController;

  private FailoverGapMain(
      ClusterProcesses cluster,
      MillraceClient client,
      Optional<ProxiedNetwork> network,
      String fault,
      boolean ofController) {
    this.cluster = cluster;
    this.client = client;
    this.network = network;
    this.fault = fault;
    this.ofController = ofController;
  }

  /** The command. */
  public static void main(String[] arguments) throws Exception {
    String fault = arguments[0];
    int rounds = Integer.parseInt(arguments[1]);
    boolean ofController = arguments.length > 2;
    if (!Set.of("kill", "stop", "pause", "silence").contains(fault)) {
      throw new IllegalArgumentException(
          "fault: " + fault + " (expected: kill, stop, pause or silence)");
    }
    Path home = Files.createTempDirectory("millrace-gap-");
    Optional<ProxiedNetwork> network =
        fault.equals("silence") ? Optional.of(new ProxiedNetwork(home)) : Optional.empty();
    Addressing addressing = network.<Addressing>map(n -> n).orElse(Addressing.DIRECT);
    try (ClusterProcesses cluster =
            ClusterProcesses.start(home, NODES, Map.of("logging.level", "info"), addressing);
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()))) {
      new FailoverGapMain(cluster, client, network, fault, ofController).run(rounds);
    }
    System.exit(0);
  }

  private void run(int rounds) throws Exception {
    client
        .admin()
        .createTopic(new NewTopic(TOPIC, NODES, NODES, Map.of("min.insync.replicas", "2")));
    List<Long> gaps = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      gaps.add(round());
    }
    gaps.sort(null);
    System.out.printf(
        "%s of a leader that is %sthe controller: median %d ms of %s%n",
        fault, ofController ? "" : "not ", gaps.get(gaps.size() / 2), gaps);
  }

  private long round() throws Exception {
    PartitionDescription hit = choose();
    int node = hit.leader();
    TopicPartition partition = new TopicPartition(TOPIC, hit.partition());
    try (GapProbe probe = new GapProbe(cluster.bootstrap(), partition)) {
      awaitAcknowledged(probe, WELL);
      NextLeader next = new NextLeader(cluster.node(node % NODES + 1).bootstrap(), hit);
      Thread watching = new Thread(next, "watch");
      watching.start();
      next.awaitBegun();
      String load = load();
      probe.begin();
      next.begin();
      hit(node);
      awaitAcknowledged(probe, WELL);
      long gapMs = probe.longestMs();
      watching.join();
      probe
          .failure()
          .ifPresent(
              e -> {
                throw new IllegalStateException("a record failed for good", e);
              });
      System.out.printf(
          "%s of node %d: no acknowledgement for %d ms, next leader told after %d ms; load %s%n",
          fault, node, gapMs, next.tookMs(), load);
      undo(node);
      return gapMs;
    }
  }

  /** A partition whose leader is as wanted, once all is well. */
  private PartitionDescription choose() {
    return Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(this::candidate, Optional::isPresent)
        .orElseThrow();
  }

  private Optional<PartitionDescription> candidate() {
    client.admin().electAllLeaders(ElectionType.PREFERRED);
    int controller = cluster.awaitController();
    List<PartitionDescription> all = client.admin().describeTopic(TOPIC).partitions();
    boolean well =
        all.stream()
            .allMatch(
                each ->
                    each.leader() == each.replicas().get(0)
                        && each.inSyncReplicas().size() == NODES);
    return all.stream()
        .filter(each -> well && (each.leader() == controller) == ofController)
        .findFirst();
  }

  private void hit(int node) throws Exception {
    switch (fault) {
      case "kill" -> cluster.node(node).kill();
      case "stop" -> cluster.node(node).process().terminate();
      case "pause" -> cluster.node(node).pause();
      default -> network.orElseThrow().silence(node, true);
    }
  }

  private void undo(int node) throws Exception {
    switch (fault) {
      case "kill", "stop" -> {
        cluster.node(node).awaitEnd();
        cluster.node(node).restart();
      }
      case "pause" -> cluster.node(node).resume();
      default -> network.orElseThrow().heal();
    }
  }

  private static void awaitAcknowledged(GapProbe probe, int records) {
    long before = probe.acknowledged();
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> probe.acknowledged() >= before + records);
  }

  private static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0];
  }

  /** Waits until a broker's metadata tell of another leader. */
  private static final class NextLeader implements Runnable {
    private final String bootstrap;
    private final PartitionDescription before;
    private volatile boolean begun;
    private volatile long beginNanos;
    private volatile long tookMs;

    NextLeader(String bootstrap, PartitionDescription before) {
      this.bootstrap = bootstrap;
      this.before = before;
    }

    @Override
    public void run() {
      try (MillraceClient client = MillraceClient.connect(ClientConfig.of(bootstrap));
          MetadataWatch watch = client.admin().watchMetadata(Set.of(TOPIC), 0)) {
        boolean found = false;
        while (!found) {
          found = watch.poll(Duration.ofSeconds(1)).filter(this::tellsOfNext).isPresent();
          begun = true;
        }
        tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
      }
    }

    private boolean tellsOfNext(MetadataEvent event) {
      return event.content().topics().stream()
          .flatMap(topic -> topic.partitions().stream())
          .filter(each -> each.partition() == before.partition())
          .anyMatch(each -> each.leader() != 0 && each.leader() != before.leader());
    }

    void begin() {
      beginNanos = System.nanoTime();
    }

    void awaitBegun() {
      Awaitility.await().atMost(PATIENCE).until(() -> begun);
    }

    long tookMs() {
      return tookMs;
    }
  }
}
