package io.millrace.broker.log.clean;

import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordWalk;

/**
 * Notes the keys of batches that were appended since the last cleaning, in the order of the log,
 * until one comes whose keys may find no room in the map. Confined to one thread.
 */
public final class KeyCollector {
  private final OffsetMap map;
  private final long maxDecompressedBytes;
  private final RecordWalk walk = new RecordWalk();
  private long endOffset;
  private boolean full;

  /**
   * A collector.
   *
   * @param from the first offset that was not cleaned
   * @param maxDecompressedBytes the most bytes that a batch's records may unpack to
   */
  public KeyCollector(OffsetMap map, long from, long maxDecompressedBytes) {
    this.map = map;
    this.endOffset = from;
    this.maxDecompressedBytes = maxDecompressedBytes;
  }

  /** The map knows the keys of all records below it, from the first one that was not cleaned. */
  public long endOffset() {
    return endOffset;
  }

  /** Whether the map took no more. */
  public boolean isFull() {
    return full;
  }

  /**
   * Notes a batch's keys, unless the map is full. Its CRC was checked.
   *
   * @throws io.millrace.common.MillraceException if it can't be read
   */
  public void take(RecordBatch batch) {
    if (full || batch.nextOffset() <= endOffset) {
      return;
    }
    if (batch.isControl() || batch.isTransactional()) {
      endOffset = batch.nextOffset();
    } else if (map.size() + keysAtMost(batch) > map.capacity()) {
      full = true;
    } else {
      collect(batch);
    }
  }

  private long keysAtMost(RecordBatch batch) {
    return Math.min(batch.recordCount(), batch.nextOffset() - endOffset);
  }

  private void collect(RecordBatch batch) {
    walk.begin(batch, maxDecompressedBytes);
    while (walk.next()) {
      if (walk.hasKey() && walk.offset() >= endOffset) {
        map.put(walk);
      }
    }
    walk.end();
    endOffset = batch.nextOffset();
  }
}
