package io.millrace.broker.replica;

import java.util.function.LongSupplier;

/**
 * What the checkpoint of a log directory says of one offset of a partition, and how high it may
 * become. Thread-safe: guarded by its monitor, under which nothing is called but what tells the
 * offset.
 */
final class NotedOffset {
  /** The file may say as much, at the most. */
  private long atMost;

  /** No more may be noted while a cut is to come. */
  private long ceiling = Long.MAX_VALUE;

  /**
   * What the file says.
   *
   * @param known the offset, or what no offset is below
   */
  NotedOffset(long known) {
    this.atMost = known;
  }

  /**
   * The value is about to be written; what may be.
   *
   * @param offset tells it; asked under the monitor, so that what is from before a cut is not noted
   *     after it
   */
  synchronized long note(LongSupplier offset) {
    long allowed = Math.min(offset.getAsLong(), ceiling);
    atMost = Math.max(atMost, allowed);
    return allowed;
  }

  /** A value that {@link #note} gave, and nothing before it, is what the file says. */
  synchronized void written(long offset) {
    atMost = offset;
  }

  /** Nothing above the offset is to be noted; whether nothing is. */
  synchronized boolean lower(long offset) {
    ceiling = offset;
    return atMost <= offset;
  }

  /** The offset itself is not above the ceiling any more. */
  synchronized void lift() {
    ceiling = Long.MAX_VALUE;
  }
}
