package io.millrace.bench.kafka;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the comparison is told on its command line. Confined to one thread. */
final class Options {
  static final String USAGE =
      """
      benchmarks/against-kafka [options]
        --list                 print the names of the workloads
        --workloads REGEX      only those whose names match wholly, e.g. 'produce-1000-.*|consume-.*'
        --quick                one discarded round, three pairs, windows of three seconds
        --pairs N              pairs that count (5)
        --discard N            pairs before them that do not (2)
        --seconds N            length of a window (5)
        --payload-file FILE    records of the file workloads, one a line (default: generated JSON lines)
        --kafka-tuned K=V,…    Kafka's producer settings of the tuned rows
        --millrace-tuned K=V,… Millrace's
        --client-jvm "FLAGS"   flags of both client JVMs
        --dir DIR              where the data goes, in a directory of its own that is removed
        --out FILE             the report, FILE.md and FILE.json (benchmarks/target/against-kafka)
        --profile LIBRARY      async-profiler's library: CPU profiles of all processes beside the report
      """;

  private static final Pattern PAIR = Pattern.compile("[A-Za-z.]+=[^,=]+");

  boolean help;
  boolean list;
  boolean quick;
  int pairs = 5;
  int discard = 2;
  Duration window = Duration.ofSeconds(5);

  /** What each discarded round does before its window. */
  long warmUpBytes = 2_000_000_000L;

  Pattern workloads = Pattern.compile(".*");
  Optional<Path> payloadFile = Optional.empty();
  Map<String, String> kafkaTuned = Map.of("batch.size", "131072", "linger.ms", "5");
  Map<String, String> millraceTuned = Map.of("bufferBytes", "16777216");
  List<String> clientJvm =
      List.of(
          "-Xmx512m",
          "-Xms512m",
          "-server",
          "-XX:+UseG1GC",
          "-XX:MaxGCPauseMillis=20",
          "-XX:InitiatingHeapOccupancyPercent=35",
          "-XX:+ExplicitGCInvokesConcurrent");
  Path directory = Path.of(System.getProperty("java.io.tmpdir"));
  Optional<Path> out = Optional.empty();
  Optional<Path> profiler = Optional.empty();

  private Options() {}

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException naming what was expected
   */
  static Options parse(String[] arguments) {
    Options options = new Options();
    Deque<String> left = new ArrayDeque<>(List.of(arguments));
    while (!left.isEmpty()) {
      options.take(left.remove(), left);
    }
    return options;
  }

  private void take(String name, Deque<String> left) {
    switch (name) {
      case "--help", "-h" -> help = true;
      case "--list" -> list = true;
      case "--quick" -> quick();
      default -> set(name, Optional.ofNullable(left.poll()));
    }
  }

  private void quick() {
    quick = true;
    pairs = 3;
    discard = 1;
    window = Duration.ofSeconds(3);
    warmUpBytes = 1_000_000_000L;
  }

  private void set(String name, Optional<String> given) {
    String value = given.orElseThrow(() -> new IllegalArgumentException(name + " needs a value"));
    switch (name) {
      case "--workloads" -> workloads = Pattern.compile(value);
      case "--pairs" -> pairs = number(name, value, 1);
      case "--discard" -> discard = number(name, value, 0);
      case "--seconds" -> window = Duration.ofSeconds(number(name, value, 1));
      case "--payload-file" -> payloadFile = Optional.of(Path.of(value).toAbsolutePath());
      case "--kafka-tuned" -> kafkaTuned = settings(name, value);
      case "--millrace-tuned" -> millraceTuned = settings(name, value);
      case "--client-jvm" -> clientJvm = List.of(value.strip().split("\\s+"));
      case "--dir" -> directory = Path.of(value).toAbsolutePath();
      case "--out" -> out = Optional.of(Path.of(value).toAbsolutePath());
      case "--profile" -> profiler = Optional.of(Path.of(value).toAbsolutePath());
      default -> throw new IllegalArgumentException("unknown option " + name);
    }
  }

  private static int number(String name, String text, int least) {
    try {
      int value = Integer.parseInt(text);
      if (value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": '" + text + "' (expected: a number)", e);
    }
    throw new IllegalArgumentException(name + ": " + text + " (expected: at least " + least + ")");
  }

  private static Map<String, String> settings(String name, String text) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      if (!PAIR.matcher(pair).matches()) {
        throw new IllegalArgumentException(name + ": '" + pair + "' (expected: KEY=VALUE)");
      }
      settings.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    return settings;
  }
}
