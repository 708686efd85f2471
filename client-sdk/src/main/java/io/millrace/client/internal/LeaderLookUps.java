package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The topics whose leaders a producer or a consumer is in doubt of. They are asked for together, in
 * one request at a time: after a broker's end there may be thousands. Confined to its owner's
 * thread.
 */
final class LeaderLookUps {
  /** The most topics in one request. */
  static final int TOPICS_MAX = 500;

  /** Whose topics they are. Called on its thread. */
  interface Owner {
    /**
     * The metadata know these topics as the brokers told them, but for those with an error.
     *
     * @param errors by topic: {@code UNKNOWN_TOPIC} if no broker that answered knows it
     */
    void told(Set<String> topics, Map<String, MillraceError> errors);

    /** No broker told anything of these topics. */
    void untold(Set<String> topics, MillraceException why);
  }

  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final Questions questions;
  private final Owner owner;

  /**
   * Topics to be asked for, each with the brokers to be asked last: they may be silent, or cut off
   * from the others.
   */
  private final Map<String, Set<BrokerAddress>> doubtful = new LinkedHashMap<>();

  /** Topics that are being asked for, at most {@value #TOPICS_MAX}; empty if none is. */
  private Set<String> asked = Set.of();

  LeaderLookUps(ClusterClient cluster, MetadataCache metadata, Questions questions, Owner owner) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.questions = questions;
    this.owner = owner;
  }

  /**
   * A topic is to be asked for, unless it is being asked for already.
   *
   * @param askedLast the broker whose word is doubted
   */
  void doubt(String topic, Optional<BrokerAddress> askedLast) {
    if (!asked.contains(topic)) {
      Set<BrokerAddress> doubted = doubtful.computeIfAbsent(topic, t -> new HashSet<>());
      askedLast.ifPresent(doubted::add);
    }
  }

  /** Asks for what is in doubt, unless a request is under way: what is left then comes next. */
  void ask() {
    if (!asked.isEmpty() || doubtful.isEmpty()) {
      return;
    }
    List<String> next = doubtful.keySet().stream().limit(TOPICS_MAX).toList();
    Set<BrokerAddress> askedLast =
        next.stream()
            .flatMap(topic -> doubtful.getOrDefault(topic, Set.of()).stream())
            .collect(Collectors.toUnmodifiableSet());
    next.forEach(doubtful::remove);
    asked = Set.copyOf(next);
    questions.ask(
        () -> metadata.refreshAll(next, cluster.config().connectTimeout(), askedLast),
        errors -> owner.told(takeAsked(), errors),
        failure -> owner.untold(takeAsked(), failure));
  }

  /** The request is over. */
  private Set<String> takeAsked() {
    Set<String> topics = asked;
    asked = Set.of();
    return topics;
  }
}
