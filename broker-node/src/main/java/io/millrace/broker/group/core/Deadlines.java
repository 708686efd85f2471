package io.millrace.broker.group.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Deadlines of members. To move one on is cheap: the queue learns of it when the old one is due.
 * Confined to the core.
 */
final class Deadlines {
  /** When there is none. */
  static final long NEVER = Long.MAX_VALUE;

  private final Map<MemberKey, Timer> timers = new HashMap<>();
  private final PriorityQueue<Entry> queue =
      new PriorityQueue<>(Comparator.comparingLong(Entry::atMs).thenComparing(Entry::key));

  /** Where a member's deadline is, and the earliest entry of it in the queue. */
  private static final class Timer {
    long atMs;
    long queuedMs = NEVER;
  }

  private record Entry(long atMs, MemberKey key) {}

  /** Sets a deadline, instead of the one before. */
  void set(MemberKey key, long atMs) {
    Timer timer = timers.computeIfAbsent(key, member -> new Timer());
    timer.atMs = atMs;
    enqueue(key, timer, atMs);
  }

  private void enqueue(MemberKey key, Timer timer, long atMs) {
    if (atMs < timer.queuedMs) {
      timer.queuedMs = atMs;
      queue.add(new Entry(atMs, key));
    }
  }

  /** Forgets a deadline. */
  void cancel(MemberKey key) {
    timers.remove(key);
  }

  /** Forgets the deadlines of others. */
  void retain(Predicate<MemberKey> kept) {
    timers.keySet().removeIf(key -> !kept.test(key));
  }

  /** Forgets all. */
  void clear() {
    timers.clear();
    queue.clear();
  }

  /** Whether the deadline is set and over. */
  boolean isOver(MemberKey key, long nowMs) {
    @Nullable Timer timer = timers.get(key);
    return timer != null && timer.atMs <= nowMs;
  }

  /** All deadlines come that much later. */
  void extend(long byMs) {
    timers.values().forEach(timer -> timer.atMs += byMs);
  }

  /**
   * The members whose deadlines are over. They stay over until they are moved or forgotten, but are
   * told again only after {@link #remind}.
   */
  List<MemberKey> due(long nowMs) {
    List<MemberKey> due = new ArrayList<>();
    while (!queue.isEmpty() && queue.peek().atMs() <= nowMs) {
      Entry entry = queue.remove();
      @Nullable Timer timer = timers.get(entry.key());
      if (timer == null || timer.queuedMs != entry.atMs()) {
        continue;
      }
      timer.queuedMs = NEVER;
      if (timer.atMs <= nowMs) {
        due.add(entry.key());
      } else {
        enqueue(entry.key(), timer, timer.atMs);
      }
    }
    return due;
  }

  /** Has a deadline that is over told again at that time. */
  void remind(MemberKey key, long atMs) {
    @Nullable Timer timer = timers.get(key);
    if (timer != null) {
      enqueue(key, timer, Math.max(atMs, timer.atMs));
    }
  }

  /** When to look again, or {@link #NEVER}. */
  long nextMs() {
    return queue.isEmpty() ? NEVER : queue.peek().atMs();
  }
}
