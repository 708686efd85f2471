package io.millrace.broker.rpc;

import io.millrace.proto.v1.FetchPartition;

/**
 * Where a reader stands in a partition.
 *
 * @param offset the first offset wanted
 * @param currentLeaderEpoch the leader epoch that the reader believes in, or -1
 * @param lastFetchedEpoch the epoch of the record before, or -1 not to check for divergence
 * @param reader who reads
 */
record ReadPosition(long offset, int currentLeaderEpoch, int lastFetchedEpoch, Reader reader) {
  /**
   * What a reader wants of all partitions.
   *
   * @param committedOnly true to see nothing at or above the last stable offset
   * @param rack where it stands; empty to be served by leaders only
   * @param stays whether it is served by the leader even if a replica in its rack could
   */
  record Reader(boolean committedOnly, String rack, boolean stays) {
    /** Who sees all that is committed, at the leader. */
    static final Reader OF_LEADER = new Reader(false, "", false);

    /** Whether a follower may serve it. */
    boolean takesFollowers() {
      return !rack.isEmpty();
    }

    /** Whether a leader is to send it to a replica in its rack. */
    boolean wantsNearReplica() {
      return takesFollowers() && !stays;
    }

    /** The same, to be served here if this broker leads. */
    Reader staying() {
      return new Reader(committedOnly, rack, true);
    }
  }

  static ReadPosition of(FetchPartition asked, Reader reader) {
    return new ReadPosition(
        Requests.notNegative("fetch_offset", asked.getFetchOffset()),
        asked.getCurrentLeaderEpoch(),
        asked.getLastFetchedEpoch(),
        reader);
  }

  boolean committedOnly() {
    return reader.committedOnly();
  }

  /** The same reader after a read: what it has is known not to diverge. */
  ReadPosition movedTo(long nextOffset) {
    return new ReadPosition(nextOffset, currentLeaderEpoch, -1, reader);
  }
}
