package io.millrace.broker.log;

/**
 * A record found by its time.
 *
 * @param offset the record's offset
 * @param timestampMs its timestamp, ms since 1970 UTC
 * @param leaderEpoch the leader epoch of its batch
 */
public record TimestampedOffset(long offset, long timestampMs, int leaderEpoch) {}
