package io.millrace.broker.log.inspect;

import java.util.List;

/**
 * What a verification came to.
 *
 * @param counts what was looked at
 * @param errors how many findings are errors
 * @param warnings how many are warnings
 * @param findings the first of them, at most {@link #MAX_FINDINGS}
 */
public record VerifyReport(Counts counts, long errors, long warnings, List<Finding> findings) {
  /** More findings than this are counted but not kept. */
  public static final int MAX_FINDINGS = 1000;

  public VerifyReport {
    findings = List.copyOf(findings);
  }

  /** Whether everything is as it was written, as far as it can be told. */
  public boolean isIntact() {
    return errors == 0;
  }

  /**
   * What was looked at.
   *
   * @param partitions directories of partitions
   * @param segments files of batches
   * @param batches batches in them
   * @param records records in the batches, by the batches' headers
   * @param bytes of batches
   */
  public record Counts(long partitions, long segments, long batches, long records, long bytes) {}
}
