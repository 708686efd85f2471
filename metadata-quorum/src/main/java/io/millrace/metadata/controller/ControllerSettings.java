package io.millrace.metadata.controller;

/**
 * What the controller goes by.
 *
 * @param topics what a topic has whose creator says nothing
 * @param maxEntryBytes the most bytes of one entry of the log
 * @param requestRetentionMs how long an answered request id is remembered, milliseconds
 * @param maxRememberedRequests how many of them are remembered at most
 * @param leaderImbalancePercentage leaders go back to their preferred brokers when more than this
 *     share of a broker's preferred ones is led elsewhere
 */
public record ControllerSettings(
    TopicDefaults topics,
    int maxEntryBytes,
    long requestRetentionMs,
    int maxRememberedRequests,
    int leaderImbalancePercentage) {

  /**
   * One partition, one replica, entries of 512 KiB, request ids for ten minutes, balance at 10 %.
   */
  public static final ControllerSettings DEFAULTS =
      new ControllerSettings(new TopicDefaults(1, 1, 1, false), 512 * 1024, 600_000, 5_000, 10);

  /**
   * What a topic has whose creator says nothing.
   *
   * @param partitions how many partitions
   * @param replicationFactor how many replicas
   * @param minInsyncReplicas its min.insync.replicas
   * @param uncleanLeaderElection its unclean.leader.election.enable
   */
  public record TopicDefaults(
      int partitions, int replicationFactor, int minInsyncReplicas, boolean uncleanLeaderElection) {
    public TopicDefaults {
      require("partitions", partitions, Controller.MAX_PARTITIONS);
      require("replicationFactor", replicationFactor, Short.MAX_VALUE);
      require("minInsyncReplicas", minInsyncReplicas, Short.MAX_VALUE);
    }
  }

  public ControllerSettings {
    require("maxEntryBytes", maxEntryBytes, 1 << 20);
    require("requestRetentionMs", requestRetentionMs, Long.MAX_VALUE);
    require("maxRememberedRequests", maxRememberedRequests, Integer.MAX_VALUE);
    require("leaderImbalancePercentage", leaderImbalancePercentage, 100);
  }

  /** The same but for what a topic has whose creator says nothing. */
  public ControllerSettings withTopics(TopicDefaults defaults) {
    return new ControllerSettings(
        defaults,
        maxEntryBytes,
        requestRetentionMs,
        maxRememberedRequests,
        leaderImbalancePercentage);
  }

  /** The same but for the bounds of an entry and of the memory of requests. */
  public ControllerSettings withBounds(int entryBytes, int rememberedRequests) {
    return new ControllerSettings(
        topics, entryBytes, requestRetentionMs, rememberedRequests, leaderImbalancePercentage);
  }

  private static void require(String name, long value, long max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: [1, " + max + "])");
    }
  }
}
