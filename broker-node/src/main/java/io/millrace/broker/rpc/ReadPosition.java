package io.millrace.broker.rpc;

import io.millrace.proto.v1.FetchPartition;

/**
 * Where a reader stands in a partition.
 *
 * @param offset the first offset wanted
 * @param currentLeaderEpoch the leader epoch that the reader believes in, or -1
 * @param lastFetchedEpoch the epoch of the record before, or -1 not to check for divergence
 * @param committedOnly true to see nothing at or above the last stable offset
 */
record ReadPosition(
    long offset, int currentLeaderEpoch, int lastFetchedEpoch, boolean committedOnly) {
  static ReadPosition of(FetchPartition asked, boolean committedOnly) {
    return new ReadPosition(
        Requests.notNegative("fetch_offset", asked.getFetchOffset()),
        asked.getCurrentLeaderEpoch(),
        asked.getLastFetchedEpoch(),
        committedOnly);
  }

  /** The same reader after a read: what it has is known not to diverge. */
  ReadPosition movedTo(long nextOffset) {
    return new ReadPosition(nextOffset, currentLeaderEpoch, -1, committedOnly);
  }
}
