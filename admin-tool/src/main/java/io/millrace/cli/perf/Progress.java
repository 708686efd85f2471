package io.millrace.cli.perf;

import io.millrace.cli.CliContext;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Tells about once a second how far a run is: a line that is written over on a terminal, a line
 * each elsewhere. Its own thread looks and writes, so that the run is not disturbed.
 */
final class Progress implements AutoCloseable {
  private static final double MB = 1 << 20;
  private static final int LINE_LENGTH = 78;
  private static final long END_TIMEOUT_MS = 1_000;

  private final CliContext context;
  private final String verb;
  private final Tally tally;
  private final long wanted;
  private final ScheduledExecutorService timer;

  /** When and what the last line told. Confined to the timer's thread. */
  private long lastNanos;

  private long lastRecords;
  private long lastBytes;

  /** Written by the timer's thread, read after its end. */
  private volatile boolean drawn;

  /**
   * @param verb what is done to the records: sent, read
   * @param wanted how many there will be
   */
  Progress(CliContext context, String verb, Tally tally, long wanted) {
    this.context = context;
    this.verb = verb;
    this.tally = tally;
    this.wanted = wanted;
    this.lastNanos = context.clock().monotonicNanos();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "millrace-progress");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Begins to tell. */
  Progress start() {
    var unused = timer.scheduleAtFixedRate(this::tell, 1, 1, TimeUnit.SECONDS);
    return this;
  }

  /** Tells once, of the time since it told last. */
  void tell() {
    long now = context.clock().monotonicNanos();
    long records = tally.records();
    long bytes = tally.bytes();
    double seconds = Math.max(1, now - lastNanos) / 1e9;
    String line =
        String.format(
            Locale.ROOT,
            "%s %,d of %,d records (%.0f %%), %,.0f records/s, %.1f MB/s",
            verb,
            records,
            wanted,
            100.0 * records / wanted,
            (records - lastRecords) / seconds,
            (bytes - lastBytes) / seconds / MB);
    lastNanos = now;
    lastRecords = records;
    lastBytes = bytes;
    drawn = context.interactive();
    context.err().print(drawn ? "\r  " + pad(line) : "  " + line + "\n");
    context.err().flush();
  }

  /** Ends, and clears the line on a terminal. */
  @Override
  public void close() {
    timer.shutdownNow();
    try {
      timer.awaitTermination(END_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (drawn) {
      context.err().print("\r" + " ".repeat(LINE_LENGTH + 2) + "\r");
      context.err().flush();
    }
  }

  private static String pad(String line) {
    return String.format(Locale.ROOT, "%-" + LINE_LENGTH + "s", line);
  }
}
