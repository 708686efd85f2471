package io.millrace.client.api;

import io.millrace.common.TopicPartition;
import java.util.OptionalLong;

/**
 * What a group has committed for a partition.
 *
 * @param committed the place
 * @param commitTimeMs when, in milliseconds since 1970 UTC
 * @param end the partition's high watermark; empty if its leader could not be asked
 */
public record GroupOffset(
    TopicPartition partition, OffsetAndMetadata committed, long commitTimeMs, OptionalLong end) {
  /** How many offsets it is behind; empty if the end is not known. */
  public OptionalLong lag() {
    return end.isPresent()
        ? OptionalLong.of(Math.max(0, end.getAsLong() - committed.offset()))
        : OptionalLong.empty();
  }
}
