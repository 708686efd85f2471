package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.UUID;

/**
 * A replica on a broker.
 *
 * @param partition whose replica it is
 * @param logDirId the log directory that it lies in
 * @param bytes the bytes of its segments
 * @param startOffset its first offset
 * @param endOffset the offset after its last record
 * @param leads whether the broker leads the partition
 */
public record ReplicaDescription(
    TopicPartition partition,
    UUID logDirId,
    long bytes,
    long startOffset,
    long endOffset,
    boolean leads) {}
