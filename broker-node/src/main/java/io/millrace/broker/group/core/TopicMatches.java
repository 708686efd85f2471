package io.millrace.broker.group.core;

import io.millrace.broker.group.core.TopicsView.Topic;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which topics subscriptions come to. An expression is matched with a topic once, when either is
 * new: a heartbeat costs no matching. Confined to the core.
 */
final class TopicMatches {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  /** So many expressions are kept whether they are used or not. */
  private static final int MIN_KEPT = 64;

  private final Map<String, Expression> expressions = new HashMap<>();

  /** More of them are looked through for those that nobody uses; twice what was used then. */
  private int most = MIN_KEPT;

  private TopicsView topics = TopicsView.EMPTY;
  private boolean known;

  /** An expression and the names that it matches. */
  private record Expression(TopicExpression expression, SortedSet<String> names) {
    void refresh(String name, TopicsView topics) {
      if (topics.topic(name).filter(expression::matches).isPresent()) {
        names.add(name);
      } else {
        names.remove(name);
      }
    }
  }

  /** The topics. */
  TopicsView topics() {
    return topics;
  }

  /** Whether the topics were told yet. */
  boolean known() {
    return known;
  }

  /** Topics changed, those of these names. */
  void topicsChanged(TopicsView now, Set<String> changed) {
    topics = now;
    known = true;
    expressions
        .values()
        .forEach(expression -> changed.forEach(name -> expression.refresh(name, now)));
  }

  /** Whether so many expressions came since the last {@link #retain} that it is worth another. */
  boolean isFull() {
    return expressions.size() > most;
  }

  /** Forgets the expressions that nobody uses any more. */
  void retain(Set<String> used) {
    expressions.keySet().retainAll(used);
    most = Math.max(MIN_KEPT, 2 * expressions.size());
  }

  /** How many expressions are kept; for tests. */
  int expressionCount() {
    return expressions.size();
  }

  /**
   * Checks an expression, which is not empty. Keeps nothing of it: who brings it may be refused.
   *
   * @throws io.millrace.common.MillraceException INVALID_REGULAR_EXPRESSION
   */
  void check(String regex) {
    if (!expressions.containsKey(regex)) {
      TopicExpression.of(regex);
    }
  }

  private SortedSet<String> names(String regex) {
    @Nullable Expression known = expressions.get(regex);
    if (known != null) {
      return known.names();
    }
    Expression expression = new Expression(TopicExpression.of(regex), new TreeSet<>());
    topics.byName().keySet().forEach(name -> expression.refresh(name, topics));
    expressions.put(regex, expression);
    return expression.names();
  }

  /** The topics of a subscription that exist, by name. */
  SortedMap<String, Topic> of(Subscription subscription) {
    return of(List.of(subscription));
  }

  /** The topics of all these subscriptions that exist, by name. */
  SortedMap<String, Topic> of(Collection<Subscription> subscriptions) {
    SortedMap<String, Topic> found = new TreeMap<>();
    subscriptions.stream()
        .distinct()
        .forEach(
            subscription -> {
              add(subscription.topics(), found);
              if (!subscription.topicRegex().isEmpty()) {
                add(names(subscription.topicRegex()), found);
              }
            });
    return found;
  }

  private void add(SortedSet<String> names, SortedMap<String, Topic> found) {
    for (String name : names) {
      topics.topic(name).ifPresent(topic -> found.put(name, topic));
    }
  }

  /**
   * What an assignment rests on, of those topics: their ids and numbers of partitions (FNV-1a, 64
   * bits). The racks are left out: a broker that comes or goes shuffles nothing.
   */
  static long hash(SortedMap<String, Topic> topics) {
    long hash = FNV_OFFSET;
    for (Topic topic : topics.values()) {
      String text = topic.id() + "/" + topic.partitionCount() + ";";
      for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
        hash = (hash ^ octet) * FNV_PRIME;
      }
    }
    return hash;
  }
}
