package io.millrace.client.api;

/** A place in a partition's log. */
public sealed interface OffsetSpec {
  /** The first record that is kept. */
  record Earliest() implements OffsetSpec {}

  /** The end: records that come from now on. */
  record Latest() implements OffsetSpec {}

  /**
   * An offset.
   *
   * @param offset from 0
   */
  record AtOffset(long offset) implements OffsetSpec {
    public AtOffset {
      if (offset < 0) {
        throw new IllegalArgumentException("offset: " + offset + " (expected: >= 0)");
      }
    }
  }

  /**
   * The first record with this timestamp or a later one; the end if there is none.
   *
   * @param timestampMs milliseconds since 1970 UTC
   */
  record AtTime(long timestampMs) implements OffsetSpec {}

  /** The first record that is kept. */
  static OffsetSpec earliest() {
    return new Earliest();
  }

  /** The end: records that come from now on. */
  static OffsetSpec latest() {
    return new Latest();
  }

  /** An offset, from 0. */
  static OffsetSpec offset(long offset) {
    return new AtOffset(offset);
  }

  /** The first record with this timestamp (milliseconds since 1970 UTC) or a later one. */
  static OffsetSpec time(long timestampMs) {
    return new AtTime(timestampMs);
  }
}
