package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.util.List;
import java.util.Locale;

/** Tells on the standard error what is being done. */
final class Progress {
  private static final List<String> SHOWN =
      List.of(
          "mb_per_s",
          "records_per_s",
          "broker_cpu_s_per_gb",
          "client_cpu_s_per_gb",
          "p50_ms",
          "p99_ms",
          "end_to_end_p50_ms",
          "end_to_end_p99_ms",
          "start_s",
          "created_s",
          "all_led_s",
          "nodes_cpu_s",
          "node_idle_cores");

  private static final long START = System.nanoTime();

  private Progress() {}

  static void say(String text) {
    System.err.printf("[%4d s] %s%n", (System.nanoTime() - START) / 1_000_000_000, text);
  }

  static void round(Workload workload, Peer peer, int round, boolean counts, Fields result) {
    StringBuilder line = new StringBuilder();
    for (String figure : SHOWN) {
      if (result.has(figure)) {
        line.append(String.format(Locale.ROOT, "  %s %.4g", figure, result.real(figure)));
      }
    }
    say(
        String.format(
            "%s %d%s %-12s%s", workload.name(), round + 1, counts ? " " : "w", peer.title(), line));
  }
}
