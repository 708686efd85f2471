package io.millrace.broker.log.inspect;

import io.millrace.broker.log.inspect.Finding.Severity;
import io.millrace.broker.log.inspect.VerifyReport.Counts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is found so far. Confined to the verifying thread. */
final class Findings {
  private final List<Finding> kept = new ArrayList<>();
  private long errors;
  private long warnings;
  private long partitions;
  private long segments;
  private long batches;
  private long records;
  private long bytes;

  void error(Path file, long position, String what) {
    errors++;
    keep(new Finding(Severity.ERROR, file, position, what));
  }

  void warning(Path file, long position, String what) {
    warnings++;
    keep(new Finding(Severity.WARNING, file, position, what));
  }

  private void keep(Finding finding) {
    if (kept.size() < VerifyReport.MAX_FINDINGS) {
      kept.add(finding);
    }
  }

  void countPartition() {
    partitions++;
  }

  void countSegment(long segmentBytes) {
    segments++;
    bytes += segmentBytes;
  }

  void countBatch(int recordsInBatch) {
    batches++;
    records += recordsInBatch;
  }

  VerifyReport report() {
    return new VerifyReport(
        new Counts(partitions, segments, batches, records, bytes), errors, warnings, kept);
  }
}
