package io.millrace.broker.log;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Bounds how many sealed segments are open at once, each with a file and two mapped indexes: the
 * least recently used ones are closed as others open. One per log directory. Thread-safe; its
 * monitor is never held while a file is opened or closed.
 */
public final class MapBudget {
  private final int maxOpenSegments;

  // The least recently used first.
  private final LinkedHashSet<Segment> open = new LinkedHashSet<>();

  /**
   * A budget.
   *
   * @param maxOpenSegments how many sealed segments may be open, at least 1
   */
  public MapBudget(int maxOpenSegments) {
    if (maxOpenSegments < 1) {
      throw new IllegalArgumentException(
          "maxOpenSegments: " + maxOpenSegments + " (expected: >= 1)");
    }
    this.maxOpenSegments = maxOpenSegments;
  }

  /** How many sealed segments are open. */
  public synchronized int openSegments() {
    return open.size();
  }

  synchronized void used(Segment segment) {
    if (open.remove(segment)) {
      open.add(segment);
    }
  }

  synchronized void closed(Segment segment) {
    open.remove(segment);
  }

  /** Counts an opened segment in and closes the ones it displaces. */
  void opened(Segment segment) {
    displacedBy(segment).forEach(Segment::closeIdle);
  }

  private synchronized List<Segment> displacedBy(Segment segment) {
    open.add(segment);
    List<Segment> displaced = new ArrayList<>();
    while (open.size() > maxOpenSegments) {
      Segment eldest = open.iterator().next();
      open.remove(eldest);
      displaced.add(eldest);
    }
    return displaced;
  }
}
