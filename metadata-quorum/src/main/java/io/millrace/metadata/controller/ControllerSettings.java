package io.millrace.metadata.controller;

/**
 * What the controller goes by.
 *
 * @param defaultPartitions the partitions of a topic whose creator names none
 * @param defaultReplicationFactor the replicas of a topic whose creator names none
 * @param defaultMinInsyncReplicas min.insync.replicas of a topic that does not set it
 * @param maxEntryBytes the most bytes of one entry of the log
 * @param requestRetentionMs how long an answered request id is remembered, milliseconds
 * @param maxRememberedRequests how many of them are remembered at most
 */
public record ControllerSettings(
    int defaultPartitions,
    int defaultReplicationFactor,
    int defaultMinInsyncReplicas,
    int maxEntryBytes,
    long requestRetentionMs,
    int maxRememberedRequests) {

  /** One partition, one replica, entries of 512 KiB, request ids for ten minutes. */
  public static final ControllerSettings DEFAULTS =
      new ControllerSettings(1, 1, 1, 512 * 1024, 600_000, 5_000);

  public ControllerSettings {
    require("defaultPartitions", defaultPartitions, Controller.MAX_PARTITIONS);
    require("defaultReplicationFactor", defaultReplicationFactor, Short.MAX_VALUE);
    require("defaultMinInsyncReplicas", defaultMinInsyncReplicas, Short.MAX_VALUE);
    require("maxEntryBytes", maxEntryBytes, 1 << 20);
    require("requestRetentionMs", requestRetentionMs, Long.MAX_VALUE);
    require("maxRememberedRequests", maxRememberedRequests, Integer.MAX_VALUE);
  }

  /** The same but for what a topic has whose creator says nothing. */
  public ControllerSettings withDefaults(
      int partitions, int replicationFactor, int minInsyncReplicas) {
    return new ControllerSettings(
        partitions,
        replicationFactor,
        minInsyncReplicas,
        maxEntryBytes,
        requestRetentionMs,
        maxRememberedRequests);
  }

  private static void require(String name, long value, long max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: [1, " + max + "])");
    }
  }
}
