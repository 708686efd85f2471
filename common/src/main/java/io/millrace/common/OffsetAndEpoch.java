package io.millrace.common;

/**
 * An offset and the leader epoch it belongs to.
 *
 * @param offset a record's offset, from 0
 * @param leaderEpoch a leader epoch from 0, or -1 when not known
 */
public record OffsetAndEpoch(long offset, int leaderEpoch) {}
