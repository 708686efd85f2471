package io.millrace.bench.kafka;

import io.millrace.bench.kafka.Workload.Kind;
import io.millrace.bench.kafka.Workload.Setup;
import io.millrace.bench.kafka.load.Fields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All workloads, in the order of the table. Confined to one thread. */
final class Catalogue {
  private static final String RANDOM_1000 = "random:1000";
  private static final int RATE = 5_000;

  /** Of a cluster. */
  private static final int NODES = 3;

  /** Partitions of each of many topics. */
  private static final int PER_TOPIC = 100;

  private final Options options;
  private final String lines;
  private final List<Workload> workloads = new ArrayList<>();

  private Catalogue(Options options, Path payloadFile) {
    this.options = options;
    this.lines = "file:" + payloadFile;
  }

  /** The workloads with these options; the file need not be there yet. */
  static List<Workload> all(Options options, Path payloadFile) {
    Catalogue catalogue = new Catalogue(options, payloadFile);
    catalogue.addProduce();
    catalogue.addConsume();
    catalogue.addLatency();
    catalogue.addFlush();
    catalogue.addStart();
    catalogue.addReplicated();
    catalogue.addCluster();
    return List.copyOf(catalogue.workloads);
  }

  private void addProduce() {
    for (String acks : List.of("0", "1", "all")) {
      String name = "produce-1000-acks" + acks;
      String title = "produce 1,000 B, acks=" + acks;
      addProduce(name + "-defaults", title + ", defaults", RANDOM_1000, defaults(acks));
      addProduce(name + "-tuned", title + ", tuned", RANDOM_1000, tuned(acks));
    }
    addProduce(
        "produce-100-acks1-defaults",
        "produce 100 B, acks=1, defaults",
        "random:100",
        defaults("1"));
    addProduce("produce-100-acks1-tuned", "produce 100 B, acks=1, tuned", "random:100", tuned("1"));
    for (String codec : List.of("none", "lz4", "zstd")) {
      addProduce(
          "produce-lines-" + codec,
          "produce JSON lines, acks=1, tuned, " + (codec.equals("none") ? "uncompressed" : codec),
          lines,
          compressed(codec));
    }
  }

  private void addProduce(String name, String title, String records, Both<Setup> setups) {
    Fields work = alone().with("records", records);
    workloads.add(new Workload(name, Kind.PRODUCE, title, work, setups));
  }

  private void addConsume() {
    Fields work = alone().with("records", RANDOM_1000).with("bytes", 1_500_000_000L);
    workloads.add(
        new Workload(
            "consume-1000",
            Kind.CONSUME,
            "consume 1,000 B, hot, by assignment, defaults",
            work,
            batches("1")));
  }

  /** What is read was written in the same batches on both sides. */
  private static Both<Setup> batches(String acks) {
    return new Both<>(
        kafka(acks, Map.of("batch.size", "131072")),
        millrace(acks, Map.of("batchBytes", "131072")));
  }

  private void addLatency() {
    Fields work = alone().with("records", RANDOM_1000).with("rate", RATE);
    String title = String.format("%,d records/s of 1,000 B, acks=all, ", RATE);
    workloads.add(
        new Workload("latency-linger0", Kind.LATENCY, title + "linger 0", work, withoutLinger()));
    workloads.add(
        new Workload("latency-defaults", Kind.LATENCY, title + "defaults", work, defaults("all")));
  }

  private void addFlush() {
    Both<Setup> tuned = tuned("all");
    Both<Setup> flushed =
        new Both<>(
            tuned.kafka().withTopic(Map.of("flush.messages", "1")),
            tuned.millrace().withTopic(Map.of("flush.mode", "commit")));
    addProduce(
        "produce-1000-flush",
        "produce 1,000 B, acks=all, tuned, every batch fsynced",
        RANDOM_1000,
        flushed);
  }

  private void addStart() {
    workloads.add(
        new Workload(
            "start",
            Kind.START,
            "start of an empty node to its first ack",
            alone(),
            withoutLinger()));
  }

  /** Three brokers, three replicas, at least two in sync: what acks=all is made for. */
  private void addReplicated() {
    for (int size : List.of(1000, 100)) {
      String name = "replicated-" + size;
      String title = String.format("3 replicas, produce %,d B, acks=all", size);
      Fields work = on(NODES, NODES).with("records", "random:" + size);
      addReplicated(name + "-defaults", Kind.PRODUCE, title + ", defaults", work, defaults("all"));
      addReplicated(name + "-tuned", Kind.PRODUCE, title + ", tuned", work, tuned("all"));
    }
    Fields work = on(NODES, NODES).with("records", RANDOM_1000).with("rate", RATE);
    String title = String.format("3 replicas, %,d records/s of 1,000 B, acks=all, ", RATE);
    addReplicated(
        "replicated-latency-linger0", Kind.LATENCY, title + "linger 0", work, withoutLinger());
    addReplicated(
        "replicated-latency-defaults", Kind.LATENCY, title + "defaults", work, defaults("all"));
  }

  private void addReplicated(
      String name, Kind kind, String title, Fields work, Both<Setup> setups) {
    Map<String, String> minIsr = Map.of("min.insync.replicas", "2");
    Both<Setup> both =
        new Both<>(setups.kafka().withTopic(minIsr), setups.millrace().withTopic(minIsr));
    workloads.add(new Workload(name, kind, title, work, both));
  }

  private static Both<Setup> withoutLinger() {
    return new Both<>(
        kafka("all", Map.of("linger.ms", "0")), millrace("all", Map.of("linger", "0")));
  }

  private void addCluster() {
    int topics = options.quick ? 10 : 100;
    String title = String.format("3 nodes, %,d partitions", topics * PER_TOPIC);
    addCluster("cluster-partitions", title, topics, 1);
    int copied = options.quick ? 3 : 30;
    String copiedTitle =
        String.format("3 nodes, %,d partitions with 3 replicas", copied * PER_TOPIC);
    addCluster("cluster-replicated", copiedTitle, copied, NODES);
  }

  private void addCluster(String name, String title, int topics, int replicas) {
    Fields work = on(NODES, replicas).with("topics", topics).with("partitions", PER_TOPIC);
    Both<Setup> none = new Both<>(Setup.of(Map.of()), Setup.of(Map.of()));
    workloads.add(new Workload(name, Kind.CLUSTER, title, work, none));
  }

  private static Fields alone() {
    return on(1, 1);
  }

  private static Fields on(int nodes, int replicas) {
    return Fields.none().with("nodes", nodes).with("replicas", replicas);
  }

  private static Both<Setup> defaults(String acks) {
    return new Both<>(kafka(acks, Map.of()), millrace(acks, Map.of()));
  }

  private Both<Setup> tuned(String acks) {
    return new Both<>(kafka(acks, options.kafkaTuned), millrace(acks, options.millraceTuned));
  }

  private Both<Setup> compressed(String codec) {
    return new Both<>(
        kafka("1", with(options.kafkaTuned, "compression.type", codec)),
        millrace("1", with(options.millraceTuned, "compression", codec)));
  }

  private static Setup kafka(String acks, Map<String, String> settings) {
    return Setup.of(with(settings, "acks", acks));
  }

  private static Setup millrace(String acks, Map<String, String> settings) {
    return Setup.of(with(settings, "acks", acks));
  }

  private static Map<String, String> with(Map<String, String> settings, String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.put(key, value);
    return more;
  }
}
