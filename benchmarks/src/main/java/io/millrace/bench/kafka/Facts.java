package io.millrace.bench.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What must be known beside the figures: the machine, the versions, the flags, the settings. */
final class Facts {
  private Facts() {}

  /** By name, in the order in which they are shown; nothing that tells whose machine it is. */
  static Map<String, String> of(Bench bench, Installation installation) throws IOException {
    Options options = bench.options();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Machine", machine());
    facts.put("JVM of all processes", System.getProperty("java.vm.version"));
    facts.put("Apache Kafka", installation.kafkaVersion() + ", broker and controller in each node");
    facts.put("Flags of Kafka's broker", flags(installation, bench.node(Peer.KAFKA)));
    facts.put("Flags of Millrace's broker", flags(installation, bench.node(Peer.MILLRACE)));
    facts.put("Flags of both clients", String.join(" ", options.clientJvm));
    for (Peer peer : Peer.values()) {
      facts.put("Settings of the broker of " + peer.title(), settings(bench.node(peer)));
    }
    facts.put(
        "Rounds",
        String.format(
            "%d pairs after %d that do not count, windows of %d s",
            options.pairs, options.discard, options.window.toSeconds()));
    return facts;
  }

  private static String machine() throws IOException {
    long kilobytes = 0;
    for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        kilobytes = Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return String.format(
        "%d cores, %.0f GB of memory, %s %s",
        Runtime.getRuntime().availableProcessors(),
        kilobytes / 1e6 * 1.024,
        System.getProperty("os.name"),
        System.getProperty("os.arch"));
  }

  private static String flags(Installation installation, Node node) {
    List<String> shown = new ArrayList<>();
    for (String flag : installation.withoutPaths(node.jvmFlags())) {
      if (!flag.startsWith("-Dlog4j2") && !flag.startsWith("-Dmillrace.")) {
        shown.add(flag);
      }
    }
    return String.join(" ", shown);
  }

  /** Those beside addresses and directories. */
  private static String settings(Node node) {
    List<String> shown = new ArrayList<>();
    new TreeMap<>(node.settings())
        .forEach(
            (key, value) -> {
              if (!value.contains("127.0.0.1") && !value.contains("/")) {
                shown.add(key + "=" + value);
              }
            });
    return shown.isEmpty() ? "its defaults" : String.join(" ", shown);
  }
}
