package io.millrace.cli;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MetadataEvent.ChangedTopic;
import io.millrace.client.api.MetadataWatch;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Kills a leader while records are sent, tells what comes of it, and starts it again. The sending
 * thread lets it begin; it goes on in a thread of its own.
 */
final class DemoFailover implements DemoRun.Onlooker {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long LAST_ANSWERS_MS = 5_000;

  private final ClusterDemoNodes nodes;
  private final Clock clock;
  private final int partitions;
  private final int killAfterRounds;

  /** What the metadata told last, by partition; of the thread that looks. */
  private final Map<Integer, PartitionDescription> known = new TreeMap<>();

  private final CompletableFuture<Void> over = new CompletableFuture<>();

  private final DemoGaps gaps;

  /** Of the failover's thread. */
  private long killedAtMs;

  /**
   * A failover to come.
   *
   * @param partitions of the topic
   * @param rounds how often the input is sent
   */
  DemoFailover(ClusterDemoNodes nodes, Clock clock, int partitions, int rounds) {
    this.nodes = nodes;
    this.partitions = partitions;
    this.clock = clock;
    this.gaps = new DemoGaps(clock);
    this.killAfterRounds = Math.max(1, rounds / 2);
  }

  @Override
  public void sent(int partition, CompletableFuture<RecordMetadata> answer) {
    var unused = answer.thenRun(() -> gaps.acknowledged(partition));
  }

  @Override
  public void sentRounds(int rounds, DemoProgress progress) {
    if (rounds == killAfterRounds) {
      Thread thread = new Thread(() -> run(progress), "failover");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Waits until the killed node is back, and all replicas are in sync. */
  void await() {
    try {
      over.get(3 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException("the failover failed", e.getCause());
    } catch (TimeoutException e) {
      throw new CliException(
          "the killed node is not in sync after " + 3 * PATIENCE.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted");
    }
  }

  private void run(DemoProgress progress) {
    try {
      play(progress);
      over.complete(null);
    } catch (RuntimeException | Error e) {
      over.completeExceptionally(e);
    }
  }

  private void play(DemoProgress progress) {
    DevNode killed;
    try (MillraceClient client = MillraceClient.connect(ClientConfig.of(nodes.bootstrap()));
        MetadataWatch watch = client.admin().watchMetadata(Set.of(DemoRun.TOPIC), 0)) {
      await(watch, "tell who leads", all -> all.size() == partitions);
      killed = nodes.node(leader(0));
    }
    // Another broker tells what becomes of it.
    DevNode other = nodes.node(killed.id() % nodes.count() + 1);
    try (MillraceClient client = MillraceClient.connect(ClientConfig.of(other.local().clients()));
        MetadataWatch watch = client.admin().watchMetadata(Set.of(DemoRun.TOPIC), 0)) {
      await(watch, "tell who leads", all -> all.size() == partitions);
      List<Integer> led = ledBy(killed.id());
      progress.tell(
          "  node %d leads %s; in sync: %s. It is killed now (kill -9)"
              .formatted(killed.id(), partitions(led), inSync(led)));
      gaps.begin(led);
      killedAtMs = clock.monotonicMs();
      nodes.kill(killed);
      await(watch, "elect another leader", all -> ledBy(killed.id()).isEmpty());
      progress.tell(after() + leaders(led) + "; in sync: " + inSync(led));
      long gapMs = gaps.awaitAcknowledged(clock.monotonicMs(), LAST_ANSWERS_MS);
      progress.tell("%sits partitions were not acknowledged for %,d ms".formatted(after(), gapMs));
      nodes.start(killed);
      progress.tell(after() + "node " + killed.id() + " is started again");
      await(
          watch,
          "be in sync",
          all -> all.stream().allMatch(each -> each.inSyncReplicas().size() == nodes.count()));
      progress.tell(after() + "in sync: " + inSync(List.copyOf(known.keySet())));
    }
  }

  private String after() {
    return String.format(Locale.ROOT, "  %,7d ms  ", clock.monotonicMs() - killedAtMs);
  }

  /** Follows the metadata until they are as wanted. */
  private void await(
      MetadataWatch watch, String what, Predicate<List<PartitionDescription>> wanted) {
    long endMs = clock.monotonicMs() + PATIENCE.toMillis();
    while (!wanted.test(List.copyOf(known.values()))) {
      if (clock.monotonicMs() >= endMs) {
        throw new CliException(
            "the nodes do not " + what + " within " + PATIENCE.toSeconds() + " s: " + known);
      }
      watch
          .poll(Duration.ofMillis(200))
          .ifPresent(event -> event.content().topics().forEach(this::learn));
    }
  }

  private void learn(ChangedTopic topic) {
    topic.partitions().forEach(each -> known.put(each.partition(), each));
  }

  private List<Integer> ledBy(int node) {
    return known.values().stream()
        .filter(each -> each.leader() == node || each.leader() == 0)
        .map(PartitionDescription::partition)
        .toList();
  }

  private static String partitions(List<Integer> numbers) {
    return (numbers.size() == 1 ? "partition " : "partitions ") + list(numbers);
  }

  private String leaders(List<Integer> led) {
    Map<Integer, List<Integer>> byNode = new TreeMap<>();
    for (int partition : led) {
      byNode.computeIfAbsent(leader(partition), node -> new ArrayList<>()).add(partition);
    }
    return byNode.entrySet().stream()
        .map(entry -> "node " + entry.getKey() + " leads " + partitions(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private int leader(int partition) {
    return Optional.ofNullable(known.get(partition)).map(PartitionDescription::leader).orElse(0);
  }

  /** The nodes that are in sync in each of the partitions. */
  private String inSync(List<Integer> partitions) {
    return list(
        known.values().stream()
            .filter(each -> partitions.contains(each.partition()))
            .map(PartitionDescription::inSyncReplicas)
            .reduce((some, others) -> some.stream().filter(others::contains).toList())
            .orElse(List.of())
            .stream()
            .sorted()
            .toList());
  }

  private static String list(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
