package io.millrace.metadata.image;

import java.util.Optional;
import java.util.SortedSet;
import java.util.UUID;

/**
 * What changed of one topic between two images.
 *
 * @param id the topic's id
 * @param before the topic as it was; empty when it is new
 * @param after the topic as it is; empty when it was deleted
 * @param changedPartitions the numbers of the partitions that are new or changed; empty when the
 *     topic was deleted
 */
public record TopicDelta(
    UUID id,
    Optional<TopicImage> before,
    Optional<TopicImage> after,
    SortedSet<Integer> changedPartitions) {

  /** Whether the topic is new. */
  public boolean created() {
    return before.isEmpty() && after.isPresent();
  }

  /** Whether the topic was deleted. */
  public boolean deleted() {
    return after.isEmpty();
  }

  /** Whether an existing topic's own configuration changed. */
  public boolean configChanged() {
    return before.isPresent()
        && after.isPresent()
        && !before.get().configs().equals(after.get().configs());
  }
}
