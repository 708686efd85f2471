package io.millrace.broker.replica.link;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.Optional;
import java.util.UUID;

/**
 * The logs that a {@link LeaderLink} gives to a follower. Thread-safe; only reading may block on
 * the disk.
 */
@FunctionalInterface
public interface LeaderLogs {
  /**
   * The partition at this moment.
   *
   * @return empty if this broker does not lead it in that epoch: the partition ends the
   *     subscription itself
   */
  Optional<LeaderLog> at(TopicIdPartition partition, int leaderEpoch);

  /** A partition's log at one moment. */
  interface LeaderLog {
    /** The log directory that it lies in. */
    UUID directory();

    /** The first offset that may be read. */
    long logStart();

    /** What consumers may see. */
    long highWatermark();

    /** One past the last record, committed or not: followers get them all. */
    long logEnd();

    /** How many bytes lie in [log start, log end), about. */
    long sizeInBytes();

    /** Whether a broker is among the in-sync replicas, as far as is known here. */
    boolean inSync(int followerId);

    /**
     * Reads whole batches.
     *
     * @param offset where to begin, in [log start, log end)
     * @param maxBytes the most bytes
     * @param atLeastOne whether a first batch that is larger is read all the same
     */
    ReadOutcome read(long offset, int maxBytes, boolean atLeastOne);
  }

  /** What a read came to. */
  sealed interface ReadOutcome {
    /**
     * Batches.
     *
     * @param records at least one batch
     * @param nextOffset one past their last record
     */
    record Batches(ReplicaRecords records, long nextOffset) implements ReadOutcome {}

    /** The first batch is larger than was asked for. */
    record TooLarge() implements ReadOutcome {}

    /** The log has changed meanwhile: look again. */
    record Stale() implements ReadOutcome {}

    /** It can't be read, so the subscription ends. */
    record Failed(MillraceError why) implements ReadOutcome {}
  }
}
