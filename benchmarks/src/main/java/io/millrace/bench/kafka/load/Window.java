package io.millrace.bench.kafka.load;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * The time in which a round is measured: after a ramp, while the load goes on. Reads the CPU time
 * of client, brokers and of the other side's idle brokers at both ends.
 *
 * @param ramp how long the load runs at least before the window opens
 * @param rampBytes how much is done before that, unless it takes longer than {@link #LONGEST_RAMP}
 * @param length how long the window is open
 * @param brokers the process ids of the brokers under load
 * @param idle the process ids of the other side's brokers
 */
record Window(Duration ramp, long rampBytes, Duration length, List<Long> brokers, List<Long> idle) {
  static final Duration LONGEST_RAMP = Duration.ofSeconds(40);

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
        round.number("ramp.bytes"),
        Duration.ofMillis(round.number("window")),
        Processes.pids(round.text("brokers")),
        Processes.pids(round.text("idle")));
  }

  /** Waits for the ramp and the window; returns what happened within. */
  Fields measure(Tally tally) throws InterruptedException, IOException {
    awaitRamp(tally);
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
        .with("broker_rss", Processes.residentBytes(brokers))
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
        Processes.cpu(brokers),
        Processes.cpu(idle));
  }

  /** Waits until the window is to be opened. */
  void awaitRamp(Tally tally) throws InterruptedException {
    await(ramp, tally);
    long end = System.nanoTime() + LONGEST_RAMP.toNanos();
    while (tally.bytes() < rampBytes && System.nanoTime() < end) {
      await(STEP, tally);
    }
  }

  /** The same window, opened at once. */
  Window withoutRamp() {
    return new Window(Duration.ZERO, 0, length, brokers, idle);
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
