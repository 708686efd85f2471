package io.millrace.client.internal;

import io.millrace.common.MillraceException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The names of topics that a group told of by id. One that is not known yet is asked for again
 * after a pause: a broker may be behind, or the topic is gone, and so will be its assignment.
 * Confined to the consumer's thread.
 */
final class TopicNames {
  static final long NEVER = Long.MAX_VALUE;

  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final Questions questions;
  private final Runnable onNews;
  private final Backoff pauses;
  private final Map<UUID, String> names = new HashMap<>();
  private boolean asking;
  private long askAtMs = Long.MIN_VALUE;

  /**
   * @param onNews told that names came
   */
  TopicNames(ClusterClient cluster, MetadataCache metadata, Questions questions, Runnable onNews) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.questions = questions;
    this.onNews = onNews;
    this.pauses = cluster.newLeaderBackoff();
  }

  Optional<String> name(UUID topic) {
    return Optional.ofNullable(names.get(topic));
  }

  /** Forgets the others. */
  void keepOnly(Set<UUID> topics) {
    names.keySet().retainAll(topics);
  }

  /** Asks for those that are not known, unless it has just done so. */
  void ask(Set<UUID> topics) {
    Set<UUID> unknown = new HashSet<>(topics);
    unknown.removeAll(names.keySet());
    if (unknown.isEmpty() || asking || now() < askAtMs) {
      return;
    }
    asking = true;
    questions.ask(
        () -> metadata.names(unknown, cluster.config().requestTimeout()),
        found -> answered(unknown, found),
        failure -> failed(failure));
  }

  private void answered(Set<UUID> asked, Map<UUID, String> found) {
    asking = false;
    names.putAll(found);
    if (found.keySet().containsAll(asked)) {
      pauses.reset();
      askAtMs = Long.MIN_VALUE;
    } else {
      askAtMs = now() + pauses.nextMs();
    }
    onNews.run();
  }

  private void failed(MillraceException why) {
    asking = false;
    askAtMs = now() + pauses.nextMs();
    ClientLog.warn("the names of assigned topics are not known: " + why.getMessage());
    onNews.run();
  }

  /** When {@link #ask} may ask again; {@link #NEVER} while it waits for an answer. */
  long askAtMs() {
    return asking ? NEVER : askAtMs;
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }
}
