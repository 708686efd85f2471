package io.millrace.broker.log;

/**
 * What opening a log found (S14, S31).
 *
 * @param checkedBytes bytes that were read and checked; 0 after a clean shutdown
 * @param cutBytes bytes that were cut off or thrown away, from the first bad batch on
 * @param defect what was wrong with them; empty if nothing was
 * @param unclean whether records may be gone that had been durable: the log ends below its durable
 *     offset
 */
public record RecoveryResult(long checkedBytes, long cutBytes, String defect, boolean unclean) {
  static final RecoveryResult NOTHING_TO_DO = new RecoveryResult(0, 0, "", false);
}
