package io.millrace.client.api;

/** Where a group's offsets are to be moved; never out of the log's range. */
public sealed interface GroupOffsetTarget {
  /** A place in the log. */
  record Place(OffsetSpec spec) implements GroupOffsetTarget {}

  /**
   * So many offsets from what is committed; a partition without a commit is refused.
   *
   * @param offsets below 0 to go back
   */
  record Shift(long offsets) implements GroupOffsetTarget {}

  /** A place in the log. */
  static GroupOffsetTarget to(OffsetSpec spec) {
    return new Place(spec);
  }

  /** So many offsets from what is committed, below 0 to go back. */
  static GroupOffsetTarget shift(long offsets) {
    return new Shift(offsets);
  }
}
