package io.millrace.broker.group.core;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a member subscribes to. A topic of either kind counts.
 *
 * @param topics topics by name, at most 10,000; those that do not exist are waited for
 * @param topicRegex what whole names of topics match besides (RE2 syntax, at most 1,000
 *     characters), or empty; internal topics never match
 */
public record Subscription(SortedSet<String> topics, String topicRegex) {
  /** Nothing. */
  public static final Subscription NONE = new Subscription(Collections.emptySortedSet(), "");

  public Subscription {
    topics = Collections.unmodifiableSortedSet(new TreeSet<>(topics));
  }
}
