package io.millrace.broker.log;

import io.millrace.common.file.FileStore.MappedFile;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A segment's open file and its indexes, counted: closed when the owner and the last reader have
 * let go. Thread-safe; the indexes are replaced by the segment's writer only.
 */
final class SegmentHandle {
  private final StoredFile data;
  private final List<MappedFile> maps;
  private volatile OffsetIndex offsets;
  private volatile TimeIndex times;

  // 1 for the owner + 1 for each reader; 0 is closed, for ever.
  private final AtomicInteger references = new AtomicInteger(1);

  SegmentHandle(StoredFile data, OffsetIndex offsets, TimeIndex times, List<MappedFile> maps) {
    this.data = data;
    this.offsets = offsets;
    this.times = times;
    this.maps = List.copyOf(maps);
  }

  StoredFile data() {
    return data;
  }

  OffsetIndex offsets() {
    return offsets;
  }

  TimeIndex times() {
    return times;
  }

  void indexes(OffsetIndex newOffsets, TimeIndex newTimes) {
    offsets = newOffsets;
    times = newTimes;
  }

  /** Takes a reference, unless the handle is closed. */
  boolean acquire() {
    while (true) {
      int count = references.get();
      if (count == 0) {
        return false;
      }
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
    }
  }

  /** Gives a reference back; the last one closes. */
  void release() throws IOException {
    int left = references.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("references: " + left + " (expected: >= 0)");
    }
    if (left == 0) {
      for (MappedFile map : maps) {
        map.close();
      }
      data.close();
    }
  }
}
