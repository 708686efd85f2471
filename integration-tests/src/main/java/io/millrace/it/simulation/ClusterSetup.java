package io.millrace.it.simulation;

import io.millrace.common.FlushMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What a seed makes of a run of a cluster: sizes, modes and what goes wrong. Immutable.
 *
 * @param brokers how many brokers, at least 3
 * @param directories how many data directories each of them has
 * @param topics the topics, each of one partition
 * @param profile what goes wrong most
 * @param producers how many producers each partition has
 * @param batchesPerProducer how many batches each of them sends
 * @param faults how many faults are planned, at least 2
 * @param endOfTroubleMs when faults end and everything is healed, if the start is not slow
 * @param maxDelayMicros the longest delay of a message
 * @param rememberedBatches how many batches of a producer the brokers remember
 * @param lagTimeMs how long a follower may lag behind and stay in sync
 */
record ClusterSetup(
    int brokers,
    int directories,
    List<Topic> topics,
    FaultProfile profile,
    int producers,
    int batchesPerProducer,
    int faults,
    long endOfTroubleMs,
    int maxDelayMicros,
    int rememberedBatches,
    long lagTimeMs) {

  /**
   * A topic of one partition.
   *
   * @param retentionBytes how much retention leaves of each replica, or -1 for all of it
   */
  record Topic(
      int number,
      int replicationFactor,
      int minIsr,
      FlushMode flushMode,
      boolean unclean,
      int segmentBytes,
      int retentionBytes) {
    String name() {
      return "t" + number;
    }

    Map<String, String> configs() {
      Map<String, String> configs = new LinkedHashMap<>();
      configs.put("min.insync.replicas", "" + minIsr);
      configs.put("flush.mode", flushMode.name().toLowerCase(Locale.ROOT));
      configs.put("segment.bytes", "" + segmentBytes);
      configs.put("file.delete.delay.ms", "20");
      if (retentionBytes >= 0) {
        configs.put("retention.bytes", "" + retentionBytes);
      }
      configs.put("unclean.leader.election.enable", "" + unclean);
      return configs;
    }
  }

  /** Draws a setup. */
  static ClusterSetup draw(SplittableRandom random) {
    List<Topic> topics = new ArrayList<>();
    int count = 1 + random.nextInt(2);
    for (int number = 0; number < count; number++) {
      topics.add(drawTopic(number, random));
    }
    int producers = 1 + random.nextInt(2);
    return new ClusterSetup(
        random.nextInt(3) == 0 ? 4 : 3,
        random.nextInt(4) == 0 ? 2 : 1,
        List.copyOf(topics),
        FaultProfile.draw(random),
        producers,
        40 / producers / count + random.nextInt(10),
        2 + random.nextInt(4),
        3_500,
        random.nextInt(3) == 0 ? 40_000 : 6_000,
        2 + random.nextInt(5),
        150 + random.nextInt(500));
  }

  private static Topic drawTopic(int number, SplittableRandom random) {
    boolean small = random.nextInt(3) == 0;
    return new Topic(
        number,
        3,
        random.nextInt(6) == 0 ? 1 : 2,
        random.nextInt(3) == 0 ? FlushMode.COMMIT : FlushMode.OS,
        random.nextInt(12) == 0,
        small ? 1_024 + random.nextInt(1_000) : 1 << 20,
        small && random.nextInt(2) == 0 ? 500 + random.nextInt(1_000) : -1);
  }
}
