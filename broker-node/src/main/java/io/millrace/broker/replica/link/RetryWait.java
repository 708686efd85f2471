package io.millrace.broker.replica.link;

/**
 * The wait before trying again: doubles with each failure in a row. Confined to its link.
 *
 * <p>The first ones are short: a follower often hears of a new leader before that does itself, and
 * nothing is acknowledged until it follows.
 */
final class RetryWait {
  static final long FIRST_MS = 10;
  static final long LONGEST_MS = 1_000;
  private static final int MOST_DOUBLINGS = 7;

  /** In a row, at least 0. */
  private int failures;

  void failed() {
    failures = Math.min(failures + 1, MOST_DOUBLINGS + 1);
  }

  void succeeded() {
    failures = 0;
  }

  /** How long to wait now; 0 after a success. */
  long waitMs() {
    return failures == 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS << (failures - 1));
  }
}
