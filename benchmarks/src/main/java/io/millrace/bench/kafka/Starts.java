package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Starts an empty node and waits for the first record that it acknowledges, on both sides in turns.
 * A client is there before, tries again every few milliseconds, creates a topic and sends. Confined
 * to the main thread.
 */
final class Starts {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The client's own start is not what is measured. */
  private static final Duration CLIENT_START = Duration.ofSeconds(2);

  private static final Both<Map<String, String>> QUICK_RETRIES =
      new Both<>(
          Map.of(
              "reconnect.backoff.ms", "5",
              "reconnect.backoff.max.ms", "10",
              "retry.backoff.ms", "5",
              "retry.backoff.max.ms", "10"),
          Map.of("retryBackoff", "5", "bootstrapPatience", "60000"));

  private final Bench bench;
  private final Workload workload;
  private final Both<List<Fields>> counted = Both.of(ArrayList::new);

  Starts(Bench bench, Workload workload) {
    this.bench = bench;
    this.workload = workload;
  }

  /** All starts; a failure ends the row and is told in it. */
  Row run() throws InterruptedException {
    Optional<String> failure = Optional.empty();
    try {
      for (int round = 0; round <= bench.options().pairs; round++) {
        for (Peer peer : Peer.values()) {
          Fields result = start(peer, round);
          Progress.round(workload, peer, round, round > 0, result);
          if (round > 0) {
            counted.of(peer).add(result);
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      failure = Optional.of(String.valueOf(e.getMessage()));
    }
    return new Row(workload, counted, failure);
  }

  /** Settings that make a client try again at once while its broker is not there yet. */
  static Fields quickRetries(Peer peer) {
    return Fields.none().withAll("", QUICK_RETRIES.of(peer));
  }

  private Fields start(Peer peer, int round) throws IOException, InterruptedException {
    Path home = bench.directory().resolve(peer + "-start-" + round);
    int port = bench.freePort(peer);
    Seat seat = Seat.alone(home, port);
    bench.launcher().prepare(peer, seat);
    bench.settle();
    try (ClientProcess client = bench.client(peer, "127.0.0.1:" + port, quickRetries(peer))) {
      Fields command =
          Fields.none()
              .with("command", "first-ack")
              .with("topic", "first")
              .withAll("set.", workload.setups().of(peer).producer());
      CompletableFuture<Fields> answer = client.begin(command);
      Thread.sleep(CLIENT_START.toMillis());
      long started = System.currentTimeMillis();
      try (Node node = bench.launcher().start(peer, seat)) {
        Fields acknowledged = client.await(answer, PATIENCE);
        Duration cpu = node.cpu();
        return Fields.none()
            .with("start_s", (acknowledged.number("acknowledged_ms") - started) / 1e3)
            .with("broker_cpu_s", cpu.toMillis() / 1e3);
      }
    }
  }
}
