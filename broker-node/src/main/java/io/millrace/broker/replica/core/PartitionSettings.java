package io.millrace.broker.replica.core;

/**
 * The topic settings that the core acts by.
 *
 * @param acknowledgeDurable {@code flush.mode=commit}: only what is synced counts as acknowledged;
 *     otherwise what is appended
 * @param deleteRecordsAllowed false for a topic that is only compacted
 */
public record PartitionSettings(boolean acknowledgeDurable, boolean deleteRecordsAllowed) {}
