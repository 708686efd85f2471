package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What the brokers take: resident memory without topics and clients some time after they are ready,
 * the CPU they use then, and the highest and last resident memory of all rounds.
 *
 * @param idleBytes resident ten seconds after the node was ready
 * @param idleCores CPU used over the ten seconds after that, in cores
 * @param lastBytes resident after the last round; empty for a broker that has ended
 */
record Memory(Both<Long> idleBytes, Both<Double> idleCores, Both<OptionalDouble> lastBytes) {
  private static final Duration WAIT = Duration.ofSeconds(10);

  /** Waits, then looks at the nodes that have just been started. */
  static Memory ofIdle(Bench bench) throws IOException, InterruptedException {
    Node kafka = bench.node(Peer.KAFKA);
    Node millrace = bench.node(Peer.MILLRACE);
    Thread.sleep(WAIT.toMillis());
    Both<Long> bytes = new Both<>(kafka.residentBytes(), millrace.residentBytes());
    Both<Duration> before = new Both<>(kafka.cpu(), millrace.cpu());
    Thread.sleep(WAIT.toMillis());
    Both<Double> cores =
        new Both<>(cores(before.kafka(), kafka.cpu()), cores(before.millrace(), millrace.cpu()));
    return new Memory(bytes, cores, Both.of(OptionalDouble::empty));
  }

  private static double cores(Duration before, Duration after) {
    return after.minus(before).toMillis() / (double) WAIT.toMillis();
  }

  /** The same with what is resident now. */
  Memory now(Bench bench) throws IOException {
    return new Memory(
        idleBytes,
        idleCores,
        new Both<>(resident(bench.node(Peer.KAFKA)), resident(bench.node(Peer.MILLRACE))));
  }

  private static OptionalDouble resident(Node node) throws IOException {
    return node.isAlive()
        ? OptionalDouble.of((double) node.residentBytes())
        : OptionalDouble.empty();
  }

  /** The highest that was seen at the end of a window. */
  static OptionalDouble highest(List<Row> rows, Peer peer) {
    return rows.stream().flatMapToDouble(row -> row.highest(peer, "broker_rss").stream()).max();
  }

  /** As fields, for the report in JSON. */
  Fields of(Peer peer) {
    Fields fields =
        Fields.none().with("idle_rss", idleBytes.of(peer)).with("idle_cores", idleCores.of(peer));
    OptionalDouble last = lastBytes.of(peer);
    return last.isPresent() ? fields.with("last_rss", last.getAsDouble()) : fields;
  }
}
