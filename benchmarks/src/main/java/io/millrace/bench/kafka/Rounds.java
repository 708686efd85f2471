package io.millrace.bench.kafka;

import io.millrace.bench.kafka.Workload.Setup;
import io.millrace.bench.kafka.load.Fields;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs one workload on both sides in turns. The client processes live through all rounds of a
 * workload; producers, consumers and topics are new in each. Confined to the main thread.
 */
final class Rounds implements AutoCloseable {
  private static final int PARTITIONS = 6;
  private static final Duration RAMP = Duration.ofSeconds(2);
  private static final Duration DISCARDED_RAMP = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Also the bound of the disk space that a round takes. */
  private static final long MAX_BYTES = 18_000_000_000L;

  private final Bench bench;
  private final Workload workload;
  private final Map<Peer, ClientProcess> clients = new EnumMap<>(Peer.class);
  private final Both<List<Fields>> counted = Both.of(ArrayList::new);

  Rounds(Bench bench, Workload workload) {
    this.bench = bench;
    this.workload = workload;
  }

  /** All rounds; a failure ends the row and is told in it. */
  Row run() throws InterruptedException {
    Optional<String> failure = Optional.empty();
    try {
      prepare();
      int all = bench.options().discard + bench.options().pairs;
      for (int round = 0; round < all; round++) {
        pair(round);
      }
      finish();
    } catch (IOException | RuntimeException e) {
      failure = Optional.of(String.valueOf(e.getMessage()));
    }
    return new Row(workload, counted, failure);
  }

  private void prepare() throws IOException, InterruptedException {
    if (workload.nodes() > 1) {
      bench.startClusters(workload.nodes());
    }
    for (Peer peer : Peer.values()) {
      clients.put(peer, bench.client(peer, brokers(peer).bootstrap(), Fields.none()));
      if (workload.kind() == Workload.Kind.CONSUME) {
        create(peer, keptTopic());
        ask(peer, work(peer, "fill", keptTopic()));
      }
    }
    bench.settle();
  }

  private void finish() throws IOException, InterruptedException {
    if (workload.kind() == Workload.Kind.CONSUME) {
      for (Peer peer : Peer.values()) {
        delete(peer, keptTopic());
      }
    }
  }

  private void pair(int round) throws IOException, InterruptedException {
    boolean counts = round >= bench.options().discard;
    for (Peer peer : Peer.values()) {
      Fields result = turn(peer, round, counts);
      Progress.round(workload, peer, round, counts, result);
      if (counts) {
        counted.of(peer).add(result);
      }
    }
  }

  private Fields turn(Peer peer, int round, boolean counts)
      throws IOException, InterruptedException {
    if (workload.kind() == Workload.Kind.CONSUME) {
      return ask(peer, timed(peer, work(peer, "consume", keptTopic()), counts));
    }
    String topic = workload.name() + "-" + round;
    create(peer, topic);
    String command = workload.kind() == Workload.Kind.LATENCY ? "latency" : "produce";
    try {
      return ask(peer, timed(peer, work(peer, command, topic), counts));
    } finally {
      delete(peer, topic);
    }
  }

  private String keptTopic() {
    return workload.name();
  }

  private void create(Peer peer, String topic) throws IOException, InterruptedException {
    Fields command =
        Fields.none()
            .with("command", "create")
            .with("topic", topic)
            .with("partitions", PARTITIONS)
            .with("replicas", workload.replicas())
            .withAll("config.", setup(peer).topic());
    ask(peer, command);
  }

  private void delete(Peer peer, String topic) throws IOException, InterruptedException {
    ask(peer, Fields.none().with("command", "delete").with("topic", topic));
    bench.awaitDeletion(brokers(peer), topic);
  }

  /** What a command does, without its times. */
  private Fields work(Peer peer, String command, String topic) {
    Map<String, String> settings =
        command.equals("consume") ? setup(peer).consumer() : setup(peer).producer();
    return workload
        .work()
        .with("command", command)
        .with("topic", topic)
        .with("partitions", PARTITIONS)
        .with("max.bytes", MAX_BYTES / workload.replicas())
        .withAll("set.", settings)
        .withAll("receive.", setup(peer).consumer());
  }

  /**
   * Rounds that do not count are longer, more so of many JVMs: they warm them up by the same work.
   */
  private Fields timed(Peer peer, Fields work, boolean counts) {
    Duration warmUp = DISCARDED_RAMP.multipliedBy(workload.nodes());
    return work.with("ramp", (counts ? RAMP : warmUp).toMillis())
        .with("ramp.bytes", counts ? 0 : warmUpBytes())
        .with("window", bench.options().window.toMillis())
        .with("brokers", brokers(peer).pids())
        .with("idle", brokers(peer.other()).pids());
  }

  /** Reading costs a third of writing: it takes more of it until all is compiled. */
  private long warmUpBytes() {
    return switch (workload.kind()) {
      case PRODUCE -> bench.options().warmUpBytes;
      case CONSUME -> 3 * bench.options().warmUpBytes;
      case LATENCY, START, CLUSTER -> 0;
    };
  }

  private Brokers brokers(Peer peer) {
    return bench.brokers(peer, workload.nodes());
  }

  private Setup setup(Peer peer) {
    return workload.setups().of(peer);
  }

  private Fields ask(Peer peer, Fields command) throws IOException, InterruptedException {
    ClientProcess client = clients.get(peer);
    if (client == null || !brokers(peer).areAlive()) {
      throw new IOException(peer.title() + ": a broker has ended");
    }
    try {
      return client.ask(command, PATIENCE);
    } catch (IOException e) {
      throw new IOException(peer.title() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    clients.values().forEach(ClientProcess::close);
  }
}
