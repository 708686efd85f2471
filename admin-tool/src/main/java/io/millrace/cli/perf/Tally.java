package io.millrace.cli.perf;

import java.util.concurrent.atomic.AtomicLong;

/** Counts records and the bytes of their values. One thread counts, any thread looks. */
final class Tally {
  private final AtomicLong records = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  void add(long moreRecords, long moreBytes) {
    records.setRelease(records.getPlain() + moreRecords);
    bytes.setRelease(bytes.getPlain() + moreBytes);
  }

  long records() {
    return records.getAcquire();
  }

  long bytes() {
    return bytes.getAcquire();
  }
}
