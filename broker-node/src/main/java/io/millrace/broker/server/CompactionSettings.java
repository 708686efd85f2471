package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** How logs are compacted. */
public final class CompactionSettings {
  public static final ConfigKey<Integer> THREADS =
      ConfigKey.of(
              "log.cleaner.threads",
              ConfigTypes.INT,
              1,
              "The logs that are compacted at a time, over all data directories.")
          .between(1, 64);
  public static final ConfigKey<Long> DEDUPE_BUFFER_SIZE =
      ConfigKey.of(
              "log.cleaner.dedupe.buffer.size",
              ConfigTypes.SIZE,
              128L << 20,
              "The most memory for the keys of logs that are being compacted, over all threads: 24"
                  + " bytes a key. It is taken only as far as it is needed; a log with more new keys"
                  + " is compacted in several passes.")
          .between(1 << 20, 1L << 40);
  public static final ConfigKey<Double> BUFFER_LOAD_FACTOR =
      ConfigKey.of(
          "log.cleaner.io.buffer.load.factor",
          ConfigTypes.RATIO,
          0.9,
          "How full that memory gets, 0.05 at the least and 0.95 at the most; the fuller, the slower a"
              + " key is found.");
  public static final ConfigKey<Long> IO_MAX_BYTES_PER_SECOND =
      ConfigKey.of(
              "log.cleaner.io.max.bytes.per.second",
              ConfigTypes.SIZE,
              Long.MAX_VALUE,
              "The most bytes a second that compaction reads and writes, over all threads.")
          .atLeast(1);
  public static final ConfigKey<Long> BACKOFF_MS =
      ConfigKey.of(
              "log.cleaner.backoff.ms",
              ConfigTypes.DURATION,
              15_000L,
              "How long compaction rests when nothing was to be done.")
          .atLeast(1);

  static final Section SECTION =
      new Section(
          "Compaction",
          List.of(
              THREADS,
              DEDUPE_BUFFER_SIZE,
              BUFFER_LOAD_FACTOR,
              IO_MAX_BYTES_PER_SECOND,
              BACKOFF_MS));

  private CompactionSettings() {}
}
