package io.millrace.bench.kafka.load;

import java.io.IOException;
import java.time.Duration;

/**
 * The time in which a round is measured: after a ramp, while the load goes on. Reads the CPU time
 * of client, broker and of the other side's idle broker at both ends.
 *
 * @param ramp how long the load runs before the window opens
 * @param length how long the window is open
 * @param broker the process id of the broker under load
 * @param idle the process id of the other side's broker
 */
record Window(Duration ramp, Duration length, long broker, long idle) {
  private static final Duration STEP = Duration.ofMillis(50);

  private record Mark(
      long nanos,
      long bytes,
      Latencies.Copy latencies,
      Duration client,
      Duration broker,
      Duration idle) {}

  static Window of(Fields round) {
    return new Window(
        Duration.ofMillis(round.number("ramp")),
        Duration.ofMillis(round.number("window")),
        round.number("broker"),
        round.number("idle"));
  }

  /** Waits for the ramp and the window; returns what happened within. */
  Fields measure(Tally tally) throws InterruptedException, IOException {
    await(ramp, tally);
    Mark open = mark(tally);
    await(length, tally);
    Mark close = mark(tally);
    double seconds = (close.nanos - open.nanos) / 1e9;
    Latencies.Copy latencies = close.latencies.since(open.latencies);
    long bytes = close.bytes - open.bytes;
    if (bytes == 0) {
      throw new IllegalStateException("nothing was done within the window");
    }
    double gigabytes = bytes / 1e9;
    return Fields.none()
        .with("mb_per_s", bytes / seconds / (1 << 20))
        .with("records_per_s", latencies.count() / seconds)
        .with("broker_cpu_s_per_gb", seconds(open.broker, close.broker) / gigabytes)
        .with("client_cpu_s_per_gb", seconds(open.client, close.client) / gigabytes)
        .with("broker_cores", seconds(open.broker, close.broker) / seconds)
        .with("client_cores", seconds(open.client, close.client) / seconds)
        .with("idle_cores", seconds(open.idle, close.idle) / seconds)
        .with("broker_rss", Processes.residentBytes(broker))
        .with("client_rss", Processes.residentBytes(ProcessHandle.current().pid()))
        .with("p50_ms", latencies.quantileMs(0.5))
        .with("p99_ms", latencies.quantileMs(0.99));
  }

  private Mark mark(Tally tally) {
    return new Mark(
        System.nanoTime(),
        tally.bytes(),
        tally.latencies(),
        Processes.cpu(ProcessHandle.current().pid()),
        Processes.cpu(broker),
        Processes.cpu(idle));
  }

  /** Ends early, by an exception, when a record has failed. */
  private static void await(Duration time, Tally tally) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
      tally.check();
      Thread.sleep(Math.min(STEP.toMillis(), 1 + left / 1_000_000));
    }
    tally.check();
  }

  private static double seconds(Duration from, Duration to) {
    return to.minus(from).toNanos() / 1e9;
  }
}
