package io.millrace.broker.group.core;

/**
 * What was committed for a partition.
 *
 * @param offset the next offset to be read, from 0
 * @param leaderEpoch the leader epoch of the last record that was read, or -1
 * @param metadata anything the consumer wants to find again
 * @param commitTimeMs when, in milliseconds since 1970 UTC
 */
public record CommittedOffset(long offset, int leaderEpoch, String metadata, long commitTimeMs) {}
