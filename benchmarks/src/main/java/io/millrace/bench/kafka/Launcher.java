package io.millrace.bench.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts nodes of either kind; a node's data, settings and log are in one directory. */
final class Launcher {
  /**
   * A minute by default, on both sides: the data of a deleted topic would burden the rounds after
   * it.
   */
  static final String DELETE_DELAY = "log.segment.delete.delay.ms";

  static final String DELETE_DELAY_MS = "1000";

  private final Installation installation;
  private final Optional<Path> profiler;
  private final Path profiles;

  /**
   * A launcher.
   *
   * @param profiler async-profiler's library, to be loaded into each node
   * @param profiles where the profiles go
   */
  Launcher(Installation installation, Optional<Path> profiler, Path profiles) {
    this.installation = installation;
    this.profiler = profiler;
    this.profiles = profiles;
  }

  /** Ports that a node needs from its client port on. */
  static int ports(Peer peer) {
    return peer == Peer.KAFKA ? 2 : 4;
  }

  /** Prepares what a node needs before its start; not a part of the start. */
  void prepare(Peer peer, Seat seat) throws IOException {
    Path directory = Files.createDirectories(seat.directory());
    if (peer == Peer.KAFKA) {
      Path properties = KafkaFiles.write(seat);
      List<String> command = new ArrayList<>(List.of(Installation.java(), "-Xmx256m"));
      command.addAll(logging(directory));
      command.addAll(KafkaFiles.formatCommand(seat.clusterId(), properties));
      run(command, directory.resolve("format.log"));
    }
  }

  /** Starts a node and does not wait until it is ready. */
  Node start(Peer peer, Seat seat) throws IOException {
    return peer == Peer.KAFKA ? startKafka(seat) : startMillrace(seat);
  }

  private Node startKafka(Seat seat) throws IOException {
    Path directory = seat.directory();
    List<String> command = new ArrayList<>(List.of(Installation.java()));
    command.addAll(KafkaFiles.JVM_FLAGS);
    profilerFlag(Peer.KAFKA, directory).ifPresent(command::add);
    command.addAll(logging(directory));
    command.addAll(List.of("kafka.Kafka", directory.resolve(KafkaFiles.PROPERTIES).toString()));
    Process process = process(command, directory.resolve("node.log")).start();
    Map<String, String> settings = KafkaFiles.settings(seat);
    return new Node(Peer.KAFKA, process, seat.port(), directory.resolve(KafkaFiles.DATA), settings);
  }

  /** Kafka's logger writes to the standard output; the class path is Kafka's own. */
  private List<String> logging(Path directory) {
    return List.of(
        "-Dlog4j2.configurationFile=" + directory.resolve(KafkaFiles.LOGGING),
        "-Dlog4j2.disable.jmx=true",
        "-cp",
        installation.kafkaClassPath());
  }

  private Node startMillrace(Seat seat) throws IOException {
    Path directory = seat.directory();
    Path data = directory.resolve("data");
    Map<String, String> settings = millraceSettings(seat, data);
    List<String> command = new ArrayList<>();
    command.add(installation.root().resolve("millrace").toString());
    command.add("server");
    settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    ProcessBuilder builder = process(command, directory.resolve("node.log"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    profilerFlag(Peer.MILLRACE, directory)
        .ifPresent(flag -> builder.environment().put("MILLRACE_JAVA_OPTS", flag));
    return new Node(Peer.MILLRACE, builder.start(), seat.port(), data, settings);
  }

  private static Map<String, String> millraceSettings(Seat seat, Path data) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("data.dirs", data.toString());
    settings.put("listener.client", "127.0.0.1:" + seat.port());
    settings.put("listener.internal", "127.0.0.1:" + (seat.port() + 1));
    settings.put("listener.quorum", "127.0.0.1:" + (seat.port() + 2));
    settings.put("listener.admin", "127.0.0.1:" + (seat.port() + 3));
    settings.put(DELETE_DELAY, DELETE_DELAY_MS);
    if (!seat.isAlone()) {
      settings.put("node.id", "" + seat.nodeId());
      settings.put(
          "quorum.voters", seat.voters(port -> "127.0.0.1:" + (port + 2) + ":" + (port + 1)));
    }
    return settings;
  }

  private Optional<String> profilerFlag(Peer peer, Path directory) {
    return profiler.map(
        library ->
            profilerFlag(
                library, profiles.resolve(peer + "-" + directory.getFileName() + ".collapsed")));
  }

  /** The flag that samples CPU time from the start of a JVM to its end. */
  static String profilerFlag(Path library, Path file) {
    return "-agentpath:" + library + "=start,event=ctimer,interval=1ms,collapsed,file=" + file;
  }

  private static ProcessBuilder process(List<String> command, Path log) {
    return new ProcessBuilder(command)
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile());
  }

  private static void run(List<String> command, Path log) throws IOException {
    Process process = process(command, log).start();
    try {
      if (process.waitFor() != 0) {
        throw new UncheckedIOException(new IOException("failed: " + Files.readString(log)));
      }
    } catch (InterruptedException e) {
      Node.end(process);
      Thread.currentThread().interrupt();
    }
  }
}
