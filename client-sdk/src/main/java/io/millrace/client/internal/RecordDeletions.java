package io.millrace.client.internal;

import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.Map;

/** Deletes records at the leaders, with retries after a change of leader. Thread-safe. */
final class RecordDeletions {
  private final ClusterClient cluster;
  private final MetadataCache metadata;

  RecordDeletions(ClusterClient cluster, MetadataCache metadata) {
    this.cluster = cluster;
    this.metadata = metadata;
  }

  /**
   * Deletes the records before an offset of each partition; all leaders are asked at once.
   *
   * @return the new log starts
   * @throws MillraceException why one of them could not be done; others may be
   */
  Map<TopicPartition, Long> delete(Map<TopicPartition, Long> before, Duration timeout) {
    long deadlineMs = cluster.clock().monotonicMs() + timeout.toMillis();
    return new RecordDeletion(cluster, metadata, before, deadlineMs).run();
  }
}
