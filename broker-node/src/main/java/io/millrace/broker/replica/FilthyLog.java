package io.millrace.broker.replica;

import io.millrace.broker.log.CleanableSection;

/**
 * A log that is to be cleaned.
 *
 * @param host the partition
 * @param section what of it
 */
record FilthyLog(HostedPartition host, CleanableSection section) {
  /** Whether it goes before another: what is overdue first, then the filthiest. */
  boolean isBefore(FilthyLog other) {
    return section.overdue() == other.section.overdue()
        ? section.dirtyRatio() > other.section.dirtyRatio()
        : section.overdue();
  }
}
