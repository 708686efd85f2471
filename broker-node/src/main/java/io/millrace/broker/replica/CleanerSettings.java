package io.millrace.broker.replica;

import io.millrace.broker.log.clean.OffsetMap;

/**
 * How a broker compacts its logs.
 *
 * @param threads the logs that are cleaned at a time
 * @param dedupeBufferBytes the memory for offset maps, of all threads together
 * @param dedupeBufferLoadFactor how much of it is filled at most, above 0 and below 1
 * @param ioMaxBytesPerSecond what is read and written at most, by all threads together
 * @param backoffMs how long nothing is looked at when nothing was to be cleaned
 */
public record CleanerSettings(
    int threads,
    long dedupeBufferBytes,
    double dedupeBufferLoadFactor,
    long ioMaxBytesPerSecond,
    long backoffMs) {
  /** What holds where nobody sets anything. */
  public static final CleanerSettings DEFAULT =
      new CleanerSettings(1, 128L << 20, 0.9, Long.MAX_VALUE, 15_000);

  public CleanerSettings {
    if (threads < 1 || ioMaxBytesPerSecond < 1 || backoffMs < 1) {
      throw new IllegalArgumentException(
          "threads: %d, bytes per second: %d, backoff: %d ms (expected: >= 1 each)"
              .formatted(threads, ioMaxBytesPerSecond, backoffMs));
    }
    if (dedupeBufferLoadFactor <= 0 || dedupeBufferLoadFactor >= 1) {
      throw new IllegalArgumentException(
          "load factor: " + dedupeBufferLoadFactor + " (expected: above 0 and below 1)");
    }
  }

  /** An empty map for a cleaning of so many offsets: as large as it needs and may be. */
  OffsetMap mapFor(long offsets) {
    long most = Math.min(dedupeBufferBytes / threads, OffsetMap.BYTES_MAX);
    long needed = (long) (((double) offsets / dedupeBufferLoadFactor + 2) * OffsetMap.ENTRY_BYTES);
    long bytes = Math.max(2L * OffsetMap.ENTRY_BYTES, Math.min(most, needed));
    return new OffsetMap(bytes, dedupeBufferLoadFactor);
  }
}
