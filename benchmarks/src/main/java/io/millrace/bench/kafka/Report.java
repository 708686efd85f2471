package io.millrace.bench.kafka;

import io.millrace.bench.kafka.Workload.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * What was found, as Markdown.
 *
 * @param facts what must be known beside the figures
 * @param rows what was measured, in order
 * @param memory what the brokers take
 */
record Report(Map<String, String> facts, List<Row> rows, Memory memory) {
  private static final String NONE = "–";

  String markdown() {
    StringBuilder text = new StringBuilder();
    section(text, "Throughput", throughput());
    section(text, "Latency at a fixed rate", latency());
    section(text, "Start", start());
    section(text, "Many partitions on several nodes", cluster());
    section(text, "Memory and idle CPU of the brokers", memoryTable());
    section(text, "Settings of the clients", settings());
    text.append("## Machine and flags\n\n");
    facts.forEach(
        (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
    for (Row row : rows) {
      row.failure()
          .ifPresent(
              why ->
                  text.append("- Failed: ")
                      .append(row.workload().name())
                      .append(": ")
                      .append(why)
                      .append('\n'));
    }
    return text.toString();
  }

  private static void section(StringBuilder text, String title, MarkdownTable table) {
    if (!table.isEmpty()) {
      text.append("## ").append(title).append("\n\n").append(table.text()).append('\n');
    }
  }

  private MarkdownTable throughput() {
    MarkdownTable table =
        new MarkdownTable(
            "work (Kafka · Millrace)",
            "MB/s",
            "ratio",
            "records/s",
            "broker CPU s/GB",
            "client CPU s/GB",
            "p50 ms",
            "p99 ms",
            "broker resident MB");
    for (Row row : rows) {
      Kind kind = row.workload().kind();
      if (kind == Kind.PRODUCE || kind == Kind.CONSUME) {
        boolean times = kind == Kind.PRODUCE;
        table.add(
            List.of(
                title(row),
                both(row, "mb_per_s", 1, 0),
                number(row.ratio("mb_per_s"), 1, 2),
                both(row, "records_per_s", 1, 0),
                both(row, "broker_cpu_s_per_gb", 1, 2),
                both(row, "client_cpu_s_per_gb", 1, 2),
                times ? both(row, "p50_ms", 1, 1) : NONE,
                times ? both(row, "p99_ms", 1, 1) : NONE,
                both(row, "broker_rss", 1 << 20, 0)));
      }
    }
    return table;
  }

  private MarkdownTable latency() {
    MarkdownTable table =
        new MarkdownTable(
            "work (Kafka · Millrace)",
            "ack p50 ms",
            "ratio",
            "ack p99 ms",
            "ratio",
            "end to end p50 ms",
            "ratio",
            "end to end p99 ms",
            "ratio",
            "broker cores",
            "client cores");
    for (Row row : rows) {
      if (row.workload().kind() == Kind.LATENCY) {
        List<String> cells = new ArrayList<>(List.of(title(row)));
        for (String figure :
            List.of("p50_ms", "p99_ms", "end_to_end_p50_ms", "end_to_end_p99_ms")) {
          cells.add(both(row, figure, 1, 2));
          cells.add(number(row.ratio(figure), 1, 2));
        }
        cells.add(both(row, "broker_cores", 1, 2));
        cells.add(both(row, "client_cores", 1, 2));
        table.add(cells);
      }
    }
    return table;
  }

  private MarkdownTable start() {
    MarkdownTable table =
        new MarkdownTable("work (Kafka · Millrace)", "seconds", "ratio", "broker CPU s");
    for (Row row : rows) {
      if (row.workload().kind() == Kind.START) {
        table.add(
            List.of(
                title(row),
                both(row, "start_s", 1, 2),
                number(row.ratio("start_s"), 1, 2),
                both(row, "broker_cpu_s", 1, 2)));
      }
    }
    return table;
  }

  private MarkdownTable cluster() {
    MarkdownTable table =
        new MarkdownTable(
            "work (Kafka · Millrace)",
            "created in s",
            "ratio",
            "all leaders answer after s",
            "ratio",
            "CPU s of all nodes",
            "idle cores of a node",
            "ratio",
            "resident MB of a node");
    for (Row row : rows) {
      if (row.workload().kind() == Kind.CLUSTER) {
        table.add(
            List.of(
                title(row),
                both(row, "created_s", 1, 2),
                number(row.ratio("created_s"), 1, 2),
                both(row, "all_led_s", 1, 2),
                number(row.ratio("all_led_s"), 1, 2),
                both(row, "nodes_cpu_s", 1, 2),
                both(row, "node_idle_cores", 1, 3),
                number(row.ratio("node_idle_cores"), 1, 2),
                both(row, "node_rss", 1 << 20, 0)));
      }
    }
    return table;
  }

  private MarkdownTable memoryTable() {
    MarkdownTable table =
        new MarkdownTable(
            "",
            "resident MB, 10 s after it is ready",
            "highest under load",
            "after all",
            "cores while idle, then",
            "cores while the other works (median, highest)");
    for (Peer peer : Peer.values()) {
      table.add(
          List.of(
              peer.title(),
              number(OptionalDouble.of(memory.idleBytes().of(peer)), 1 << 20, 0),
              number(Memory.highest(rows, peer), 1 << 20, 0),
              number(memory.lastBytes().of(peer), 1 << 20, 0),
              number(OptionalDouble.of(memory.idleCores().of(peer)), 1, 3),
              idleCores(peer)));
    }
    return table;
  }

  /** A broker's own CPU in the rounds of the other side. */
  private String idleCores(Peer peer) {
    double[] medians =
        rows.stream()
            .flatMapToDouble(row -> row.median(peer.other(), "idle_cores").stream())
            .toArray();
    OptionalDouble highest =
        rows.stream()
            .flatMapToDouble(row -> row.highest(peer.other(), "idle_cores").stream())
            .max();
    return number(Statistics.median(medians), 1, 3) + ", " + number(highest, 1, 3);
  }

  private MarkdownTable settings() {
    MarkdownTable table = new MarkdownTable("work", "Kafka", "Millrace");
    for (Row row : rows) {
      table.add(
          List.of(
              row.workload().title(),
              settings(row.workload(), Peer.KAFKA),
              settings(row.workload(), Peer.MILLRACE)));
    }
    return table;
  }

  private static String settings(Workload workload, Peer peer) {
    Workload.Setup setup = workload.setups().of(peer);
    List<String> shown = new ArrayList<>();
    new TreeMap<>(setup.producer()).forEach((key, value) -> shown.add(key + "=" + value));
    new TreeMap<>(setup.consumer()).forEach((key, value) -> shown.add(key + "=" + value));
    new TreeMap<>(setup.topic()).forEach((key, value) -> shown.add("topic: " + key + "=" + value));
    String written = workload.kind() == Kind.CONSUME ? "written with " : "";
    return written + String.join(" ", shown);
  }

  private static String title(Row row) {
    return row.workload().title() + (row.failure().isPresent() ? " (failed)" : "");
  }

  private static String both(Row row, String figure, double unit, int decimals) {
    return number(row.median(Peer.KAFKA, figure), unit, decimals)
        + " · "
        + number(row.median(Peer.MILLRACE, figure), unit, decimals);
  }

  private static String number(OptionalDouble value, double unit, int decimals) {
    return value.isEmpty()
        ? NONE
        : String.format(Locale.ROOT, "%,." + decimals + "f", value.getAsDouble() / unit);
  }
}
