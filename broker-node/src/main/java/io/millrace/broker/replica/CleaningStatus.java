package io.millrace.broker.replica;

import io.millrace.broker.log.CleaningResult;
import java.util.concurrent.atomic.AtomicLong;

/** What compaction has done and has to do, for the metrics. Thread-safe. */
public final class CleaningStatus {
  private final AtomicLong bytesRead = new AtomicLong();
  private final AtomicLong bytesWritten = new AtomicLong();
  private final AtomicLong recordsRemoved = new AtomicLong();
  private final AtomicLong cleanings = new AtomicLong();
  private volatile double maxDirtyRatio;
  private volatile double bufferUtilization;
  private volatile long lastCleanedMs;
  private volatile int uncleanable;

  /** The largest share of a compacted log that was appended since its last cleaning, 0 to 1. */
  public double maxDirtyRatio() {
    return maxDirtyRatio;
  }

  /** How full the offset map of the last cleaning was, from 0 to 1. */
  public double bufferUtilization() {
    return bufferUtilization;
  }

  /** When a cleaning ended last, ms since 1970 UTC; 0 for never. */
  public long lastCleanedMs() {
    return lastCleanedMs;
  }

  /** The logs that can't be cleaned as they are. */
  public int uncleanablePartitions() {
    return uncleanable;
  }

  /** The cleanings that ended well. */
  public long cleanings() {
    return cleanings.get();
  }

  /** Bytes of the segments that were cleaned. */
  public long bytesRead() {
    return bytesRead.get();
  }

  /** Bytes of the segments that took their place. */
  public long bytesWritten() {
    return bytesWritten.get();
  }

  /** Records that were removed. */
  public long recordsRemoved() {
    return recordsRemoved.get();
  }

  void looked(double newMaxDirtyRatio, int newUncleanable) {
    maxDirtyRatio = newMaxDirtyRatio;
    uncleanable = newUncleanable;
  }

  void cleaned(CleaningResult result, double utilization, long nowMs) {
    bytesRead.addAndGet(result.bytesBefore());
    bytesWritten.addAndGet(result.bytesAfter());
    recordsRemoved.addAndGet(result.recordsRemoved());
    cleanings.incrementAndGet();
    bufferUtilization = utilization;
    lastCleanedMs = nowMs;
  }
}
