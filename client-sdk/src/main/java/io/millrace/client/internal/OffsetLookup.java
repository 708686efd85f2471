package io.millrace.client.internal;

import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.Map;

/** Finds offsets by place at the leaders, with retries after a change of leader. Thread-safe. */
final class OffsetLookup {
  private final ClusterClient cluster;
  private final MetadataCache metadata;

  OffsetLookup(ClusterClient cluster, MetadataCache metadata) {
    this.cluster = cluster;
    this.metadata = metadata;
  }

  /**
   * The offsets; a time after the last record gives the end.
   *
   * @throws MillraceException if one of them can't be found within the time-out
   */
  Map<TopicPartition, Long> find(Map<TopicPartition, OffsetSpec> places, Duration timeout) {
    OffsetSearch search = search(places, timeout, true);
    while (!search.open().isEmpty()) {
      search.ask(search.open());
      search.pause();
    }
    return search.found();
  }

  /**
   * Some of the offsets: those that can be told soonest. Neither a topic that no broker knows nor a
   * partition that nobody leads keeps the others from being told.
   *
   * @return at least one offset, or why there never will be one of a partition; ask again for those
   *     of which it says neither
   * @throws MillraceException if nothing can be told within the time-out
   */
  OffsetsFound findSome(Map<TopicPartition, OffsetSpec> places, Duration timeout) {
    OffsetSearch search = search(places, timeout, false);
    if (search.ofKnownTopics().isEmpty()) {
      search.learnSomeTopics();
    }
    search.ask(search.ofKnownTopics());
    while (search.hasToldNothing()) {
      search.pause();
      search.ask(search.open());
    }
    return search.told();
  }

  /** The offsets that can be told within the time-out, and at once why not the others. */
  OffsetsFound findNow(Map<TopicPartition, OffsetSpec> places, Duration timeout) {
    OffsetSearch search = search(places, timeout, false);
    try {
      while (!search.open().isEmpty()) {
        search.ask(search.open());
        search.giveUpOffline();
        search.pause();
      }
    } catch (MillraceException e) {
      search.giveUp(search.open(), e);
    }
    return search.told();
  }

  private OffsetSearch search(
      Map<TopicPartition, OffsetSpec> places, Duration timeout, boolean allOrNothing) {
    long deadlineMs = cluster.clock().monotonicMs() + timeout.toMillis();
    OffsetSearch search = new OffsetSearch(cluster, metadata, deadlineMs, allOrNothing);
    places.forEach(search::add);
    return search;
  }
}
