package io.millrace.broker.replica;

import io.millrace.common.TopicPartition;
import java.util.Locale;

/**
 * A log that lies in a directory of this broker and is not served.
 *
 * @param name its partition
 */
public record WithheldLog(TopicPartition name, Reason reason) {
  /** Why a log is not served. */
  public enum Reason {
    /** Records that were durable are damaged or missing. */
    DAMAGED,

    /** The metadata known at the start had another directory's log of the partition opened. */
    UNOPENED,

    /** The metadata name a log in a directory that is away, and this one may be older. */
    FORMER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** As {@code orders-0 (damaged)}. */
  @Override
  public String toString() {
    return name + " (" + reason + ")";
  }
}
