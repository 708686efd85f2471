package io.millrace.broker.group.core;

/**
 * The settings that coordinators act by.
 *
 * @param sessionTimeoutMs {@code group.session.timeout.ms}: for members that name none
 * @param minSessionTimeoutMs {@code group.min.session.timeout.ms}
 * @param maxSessionTimeoutMs {@code group.max.session.timeout.ms}
 * @param heartbeatIntervalMs {@code group.heartbeat.interval.ms}: what members are told
 * @param maxSize {@code group.max.size}: the most members of a group
 * @param offsetsRetentionMs {@code offsets.retention.ms}: how long offsets outlive the group
 * @param offsetMetadataMaxBytes {@code offset.metadata.max.bytes}: the longest metadata of an
 *     offset, as UTF-8
 */
public record GroupSettings(
    int sessionTimeoutMs,
    int minSessionTimeoutMs,
    int maxSessionTimeoutMs,
    int heartbeatIntervalMs,
    int maxSize,
    long offsetsRetentionMs,
    int offsetMetadataMaxBytes) {
  /** What holds without any configuration. */
  public static final GroupSettings DEFAULTS =
      new GroupSettings(45_000, 6_000, 1_800_000, 5_000, 10_000, 7 * 24 * 3_600_000L, 4_096);
}
