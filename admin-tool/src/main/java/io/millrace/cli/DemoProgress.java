package io.millrace.cli;

import java.util.Locale;

/**
 * Tells how far a step is: a line that is written over on a terminal, a line now and then
 * elsewhere. Thread-safe; one lock.
 */
final class DemoProgress {
  private static final long TERMINAL_STEP_MS = 100;
  private static final long PLAIN_STEP_MS = 2_000;

  private static final int LINE_LENGTH = 100;

  private final CliContext context;
  private final String verb;
  private final long startMs;
  private long nextMs;
  private boolean drawn;

  DemoProgress(CliContext context, String verb) {
    this.context = context;
    this.verb = verb;
    this.startMs = context.clock().monotonicMs();
    this.nextMs = startMs + (context.interactive() ? 0 : PLAIN_STEP_MS);
  }

  /** Tells, if it is time to. */
  synchronized void at(long records, long bytes, String more) {
    long now = context.clock().monotonicMs();
    if (now < nextMs) {
      return;
    }
    nextMs = now + (context.interactive() ? TERMINAL_STEP_MS : PLAIN_STEP_MS);
    drawn = context.interactive();
    String line = rates(records, bytes, Math.max(1, now - startMs)) + more;
    context.err().print(context.interactive() ? "\r  " + pad(line) : "  " + line + "\n");
    context.err().flush();
  }

  /** The last word of the step; returns how long it took, in milliseconds. */
  synchronized long done(long records, long bytes) {
    long tookMs = Math.max(1, context.clock().monotonicMs() - startMs);
    wipe();
    context.out().println("  " + rates(records, bytes, tookMs) + " in " + seconds(tookMs));
    context.out().flush();
    return tookMs;
  }

  /** Something else that happens meanwhile. */
  synchronized void tell(String line) {
    wipe();
    context.out().println(line);
    context.out().flush();
  }

  private void wipe() {
    if (drawn) {
      drawn = false;
      context.err().print("\r" + " ".repeat(LINE_LENGTH + 2) + "\r");
      context.err().flush();
    }
  }

  private String rates(long records, long bytes, long tookMs) {
    return String.format(
        Locale.ROOT,
        "%-4s %,11d records %8.1f MB   %,9.0f records/s %7.1f MB/s",
        verb,
        records,
        bytes / 1e6,
        records * 1_000.0 / tookMs,
        bytes / 1e3 / tookMs);
  }

  private static String seconds(long ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / 1_000.0);
  }

  private static String pad(String line) {
    return String.format(Locale.ROOT, "%-" + LINE_LENGTH + "s", line);
  }
}
