package io.millrace.client.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which of many things are to be looked at now: those that something happened to, and those whose
 * time has come. What waits costs nothing meanwhile, however much of it there is. Confined to its
 * owner's thread.
 *
 * @param <T> told apart by identity or equality
 */
final class PipeSchedule<T> {
  /**
   * @param number tells those of the same time apart
   */
  private record Due<T>(long atMs, long number, T thing) {}

  private final Set<T> changed = new LinkedHashSet<>();

  /** Earliest first; holds exactly the values of {@link #dues}, so at most one for each thing. */
  private final TreeSet<Due<T>> times =
      new TreeSet<>(Comparator.<Due<T>>comparingLong(Due::atMs).thenComparingLong(Due::number));

  private final Map<T, Due<T>> dues = new HashMap<>();
  private long lastNumber;

  /** Something happened to it: it is to be looked at in the next round. */
  void changed(T thing) {
    changed.add(thing);
  }

  /**
   * It is to be looked at then, whatever was said of it before; not at all by time for {@code
   * Long.MAX_VALUE}.
   */
  void lookAgainAt(T thing, long atMs) {
    Due<T> before = dues.get(thing);
    if (before != null) {
      if (before.atMs() == atMs) {
        return;
      }
      dues.remove(thing);
      times.remove(before);
    }
    if (atMs != Long.MAX_VALUE) {
      Due<T> due = new Due<>(atMs, ++lastNumber, thing);
      dues.put(thing, due);
      times.add(due);
    }
  }

  /** Never looks at it again, unless something happens to it. */
  void forget(T thing) {
    changed.remove(thing);
    lookAgainAt(thing, Long.MAX_VALUE);
  }

  /** Takes what is to be looked at now. */
  Collection<T> takeDue(long nowMs) {
    while (!times.isEmpty() && times.first().atMs() <= nowMs) {
      T thing = times.first().thing();
      lookAgainAt(thing, Long.MAX_VALUE);
      changed.add(thing);
    }
    List<T> taken = List.copyOf(changed);
    changed.clear();
    return taken;
  }

  /** When something is to be looked at next; {@code Long.MAX_VALUE} for never. */
  long nextMs(long nowMs) {
    if (!changed.isEmpty()) {
      return nowMs;
    }
    return times.isEmpty() ? Long.MAX_VALUE : times.first().atMs();
  }
}
