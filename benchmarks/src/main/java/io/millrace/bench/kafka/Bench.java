package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import io.millrace.bench.kafka.load.LoadMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The brokers of both sides, in a directory of their own, and what is needed to work with them.
 * Confined to the main thread; {@link #close} may come from another when the process is told to
 * end.
 */
final class Bench implements AutoCloseable {
  private static final Duration DELETION_PATIENCE = Duration.ofSeconds(90);
  private static final Duration READY = Duration.ofSeconds(90);
  private static final Duration SETTLE = Duration.ofMillis(500);

  private final Installation installation;
  private final Options options;
  private final Path directory;
  private final Path profiles;
  private final Launcher launcher;
  private final Ports ports = new Ports();
  private final Map<Peer, Node> nodes = new EnumMap<>(Peer.class);
  private final Map<Peer, Brokers> clusters = new EnumMap<>(Peer.class);
  private int clients;

  Bench(Installation installation, Options options, Path directory, Path profiles) {
    this.installation = installation;
    this.options = options;
    this.directory = directory;
    this.profiles = profiles;
    this.launcher = new Launcher(installation, options.profiler, profiles);
  }

  Options options() {
    return options;
  }

  Launcher launcher() {
    return launcher;
  }

  Path directory() {
    return directory;
  }

  /** A client port whose followers are free too, for a node of that kind. */
  int freePort(Peer peer) {
    return ports.inARow(Launcher.ports(peer));
  }

  /** Starts both brokers. */
  void startNodes() throws IOException {
    for (Peer peer : Peer.values()) {
      Seat seat = Seat.alone(directory.resolve(peer + "-node"), freePort(peer));
      launcher.prepare(peer, seat);
      nodes.put(peer, launcher.start(peer, seat));
    }
  }

  Node node(Peer peer) {
    Node node = nodes.get(peer);
    if (node == null) {
      throw new IllegalStateException("the node of " + peer + " has not been started");
    }
    return node;
  }

  /** Those that a workload runs on: the node that is alone, or a cluster of several. */
  Brokers brokers(Peer peer, int count) {
    if (count == 1) {
      return new Brokers(List.of(node(peer)));
    }
    Brokers cluster = clusters.get(peer);
    if (cluster == null || cluster.nodes().size() != count) {
      throw new IllegalStateException(count + " nodes of " + peer + " have not been started");
    }
    return cluster;
  }

  /** Starts a cluster of each side that goes on until the end, unless it is there already. */
  void startClusters(int count) throws IOException, InterruptedException {
    for (Peer peer : Peer.values()) {
      if (!clusters.containsKey(peer)) {
        clusters.put(peer, startCluster(peer, directory.resolve(peer + "-nodes"), count));
        awaitReady(peer, clusters.get(peer));
      }
    }
  }

  /** Starts empty nodes that form a cluster, and does not wait until they are ready. */
  Brokers startCluster(Peer peer, Path home, int count) throws IOException {
    List<Integer> clientPorts = new ArrayList<>();
    for (int node = 0; node < count; node++) {
      clientPorts.add(freePort(peer));
    }
    List<Node> started = new ArrayList<>();
    for (Seat seat : Seat.together(home, clientPorts)) {
      launcher.prepare(peer, seat);
      started.add(launcher.start(peer, seat));
    }
    return new Brokers(started);
  }

  /**
   * Until all brokers lead. The topic stays: Kafka looks for files to delete half a minute after
   * its start only.
   */
  void awaitReady(Peer peer, Brokers brokers) throws IOException, InterruptedException {
    try (ClientProcess client = client(peer, brokers.bootstrap(), Starts.quickRetries(peer))) {
      awaitReady(client, brokers);
    }
  }

  /** The same with a client that is there. */
  static void awaitReady(ClientProcess client, Brokers brokers)
      throws IOException, InterruptedException {
    int count = brokers.nodes().size();
    client.ask(Fields.none().with("command", "await-brokers").with("brokers", count), READY);
    Fields topic =
        Fields.none().with("topic", "ready").with("partitions", count).with("replicas", count);
    client.ask(topic.with("command", "create"), READY);
  }

  /** A new client process for a broker, with settings for all of its clients. */
  ClientProcess client(Peer peer, String bootstrap, Fields settings) throws IOException {
    String name = peer + "-client-" + ++clients;
    List<String> command = new ArrayList<>(List.of(Installation.java()));
    command.addAll(options.clientJvm);
    options.profiler.ifPresent(
        library ->
            command.add(Launcher.profilerFlag(library, profiles.resolve(name + ".collapsed"))));
    command.addAll(
        List.of(
            "-Dlog4j2.configurationFile="
                + directory.resolve(Peer.KAFKA + "-node").resolve(KafkaFiles.CLIENT_LOGGING),
            "-Dlog4j2.disable.jmx=true",
            "-cp",
            installation.clientClassPath(peer),
            LoadMain.class.getName(),
            peer.sideClass(),
            bootstrap,
            settings.line()));
    return ClientProcess.start(
        new ProcessBuilder(command).redirectError(directory.resolve(name + ".log").toFile()));
  }

  /** Waits until the files of a deleted topic are gone and nothing is left to be written back. */
  void awaitDeletion(Brokers brokers, String topic) throws IOException, InterruptedException {
    long end = System.nanoTime() + DELETION_PATIENCE.toNanos();
    for (Node node : brokers.nodes()) {
      while (hasFilesOf(node.dataDir(), topic)) {
        if (System.nanoTime() > end) {
          throw new IOException("the files of topic " + topic + " are still there");
        }
        Thread.sleep(100);
      }
    }
    settle();
  }

  /** Lets the disk come to rest. */
  void settle() throws IOException, InterruptedException {
    Process sync = new ProcessBuilder("sync", "-f", directory.toString()).start();
    sync.waitFor();
    Thread.sleep(SETTLE.toMillis());
  }

  /** A deleted topic's directories have other names while they wait for their deletion. */
  private static boolean hasFilesOf(Path dataDir, String topic) throws IOException {
    try (Stream<Path> paths = Files.walk(dataDir, 2)) {
      return paths
          .map(path -> path.getFileName().toString())
          .anyMatch(
              name ->
                  name.startsWith(topic + "-")
                      || name.endsWith("-delete")
                      || name.endsWith(".deleted"));
    } catch (java.io.UncheckedIOException vanished) {
      return true;
    }
  }

  @Override
  public void close() {
    nodes.values().forEach(Node::close);
    clusters.values().forEach(Brokers::close);
  }
}
