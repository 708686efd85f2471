package io.millrace.it.simulation;

import io.millrace.broker.log.LogConfig;
import io.millrace.common.FlushMode;
import io.millrace.common.TimestampType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a seed makes of a run: sizes, modes and how much goes wrong. Immutable.
 *
 * @param partitions the settings of each partition
 * @param directories how many data directories the partitions lie in
 * @param producers how many producers
 * @param consumers how many consumers
 * @param batchesPerProducer how many batches each producer sends to each of its partitions
 * @param faults how many faults are planned, at least 2
 * @param endOfTroubleMs when faults end and everything is healed
 * @param maxDelayMicros the longest delay of a message
 * @param rememberedBatches how many batches of a producer the broker remembers
 */
record SimulationSetup(
    List<Partition> partitions,
    int directories,
    int producers,
    int consumers,
    int batchesPerProducer,
    int faults,
    long endOfTroubleMs,
    int maxDelayMicros,
    int rememberedBatches) {

  /**
   * The settings of a partition.
   *
   * @param log its log's
   * @param timestampType who gives its records their time
   */
  record Partition(LogConfig log, TimestampType timestampType) {}

  /** Draws a setup. */
  static SimulationSetup draw(SplittableRandom random) {
    int remembered = 1 + random.nextInt(6);
    List<Partition> partitions = new ArrayList<>();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      TimestampType type =
          random.nextInt(4) == 0 ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
      partitions.add(new Partition(drawLog(random, remembered), type));
    }
    int producers = 2 + random.nextInt(3);
    return new SimulationSetup(
        List.copyOf(partitions),
        1 + random.nextInt(partitions.size()),
        producers,
        1 + random.nextInt(2),
        20 / producers / partitions.size() + random.nextInt(8),
        2 + random.nextInt(4),
        900,
        random.nextInt(3) == 0 ? 40_000 : 8_000,
        remembered);
  }

  private static LogConfig drawLog(SplittableRandom random, int remembered) {
    return LogConfig.DEFAULT.toBuilder()
        .flushMode(random.nextBoolean() ? FlushMode.COMMIT : FlushMode.OS)
        .segmentBytes(random.nextInt(4) == 0 ? 1 << 20 : 250 + random.nextInt(1_500))
        .segmentMs(random.nextInt(4) == 0 ? 200 : 3_600_000)
        .segmentIndexBytes(random.nextInt(4) == 0 ? 60 : 4_096)
        .indexIntervalBytes(random.nextInt(300))
        .retentionBytes(random.nextInt(3) == 0 ? 600 + random.nextInt(2_000) : -1)
        .retentionMs(random.nextInt(4) == 0 ? 300 + random.nextInt(700) : -1)
        .fileDeleteDelayMs(random.nextInt(200))
        .producerIdExpirationMs(
            random.nextBoolean()
                ? 60_000 + random.nextInt(300_000)
                : LogConfig.DEFAULT.producerIdExpirationMs())
        .producerBatches(remembered)
        .build();
  }
}
