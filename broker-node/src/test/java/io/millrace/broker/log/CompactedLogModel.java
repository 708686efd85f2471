package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.record.Record;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatches;
import io.millrace.common.record.RecordReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The simplest compacted log: every record that was ever appended, and whether it is still there.
 */
final class CompactedLogModel {
  /** What one append wrote. */
  static final class Batch {
    final long base;
    final long producerId;
    final int sequence;
    final List<Entry> entries = new ArrayList<>();

    /** When its tombstones may go; 0 until a cleaning has met them. */
    long horizonMs;

    Batch(long base, long producerId, int sequence) {
      this.base = base;
      this.producerId = producerId;
      this.sequence = sequence;
    }

    long end() {
      return base + entries.size();
    }

    Batch copy() {
      Batch copy = new Batch(base, producerId, sequence);
      copy.horizonMs = horizonMs;
      entries.forEach(each -> copy.entries.add(each.copy()));
      return copy;
    }
  }

  /** One record. */
  static final class Entry {
    final long offset;
    final @Nullable String key;
    final @Nullable String value;
    final long timestampMs;
    boolean removed;

    Entry(long offset, @Nullable String key, @Nullable String value, long timestampMs) {
      this.offset = offset;
      this.key = key;
      this.value = value;
      this.timestampMs = timestampMs;
    }

    Entry copy() {
      Entry copy = new Entry(offset, key, value, timestampMs);
      copy.removed = removed;
      return copy;
    }

    @Override
    public String toString() {
      return offset + ": " + key + "=" + value + " @" + timestampMs;
    }
  }

  List<Batch> batches = new ArrayList<>();

  long end() {
    return batches.isEmpty() ? 0 : batches.get(batches.size() - 1).end();
  }

  CompactedLogModel copy() {
    CompactedLogModel copy = new CompactedLogModel();
    batches.forEach(each -> copy.batches.add(each.copy()));
    return copy;
  }

  void cutTo(long offset) {
    batches.removeIf(batch -> batch.base >= offset);
    if (!batches.isEmpty() && end() > offset) {
      throw new AssertionError("a batch was cut in two at " + offset);
    }
  }

  /** A cleaning has judged everything below an offset. */
  void clean(long endOffset, long nowMs, long deleteRetentionMs) {
    Map<String, Long> newest = new HashMap<>();
    for (Batch batch : batches) {
      for (Entry entry : batch.entries) {
        if (entry.key != null && entry.offset < endOffset) {
          newest.put(entry.key, entry.offset);
        }
      }
    }
    for (Batch batch : batches) {
      if (batch.end() <= endOffset) {
        clean(batch, newest, nowMs, deleteRetentionMs);
      }
    }
  }

  private static void clean(
      Batch batch, Map<String, Long> newest, long nowMs, long deleteRetentionMs) {
    boolean tombstonesGo = batch.horizonMs > 0 && batch.horizonMs <= nowMs;
    boolean tombstoneStays = false;
    for (Entry entry : batch.entries) {
      boolean tombstone = entry.value == null;
      entry.removed |=
          entry.key == null || newest.get(entry.key) > entry.offset || (tombstone && tombstonesGo);
      tombstoneStays |= tombstone && !entry.removed;
    }
    if (tombstoneStays && batch.horizonMs == 0) {
      batch.horizonMs = nowMs + deleteRetentionMs;
    }
  }

  /** The records that are left at or above an offset. */
  List<Entry> left(long from) {
    return batches.stream()
        .flatMap(batch -> batch.entries.stream())
        .filter(entry -> !entry.removed && entry.offset >= from)
        .toList();
  }

  /** The last value of each key, without those that were deleted. */
  Map<String, String> state(long from) {
    Map<String, String> state = new TreeMap<>();
    for (Entry entry : left(from)) {
      if (entry.value == null) {
        state.remove(entry.key);
      } else if (entry.key != null) {
        state.put(entry.key, entry.value);
      }
    }
    return state;
  }

  /** What a reader finds from an offset on, batch after batch without a hole. */
  static List<Entry> read(LogSnapshot log, long from) {
    List<Entry> found = new ArrayList<>();
    long offset = from;
    while (true) {
      LogRead read = log.read(offset, 700, Long.MAX_VALUE, true);
      if (read.isEmpty()) {
        assertThat(offset).isEqualTo(log.logEndOffset());
        return found;
      }
      long next = read.firstOffset();
      for (RecordBatch batch : RecordBatches.split(read.records())) {
        assertThat(batch.baseOffset()).isEqualTo(next);
        assertThat(batch.crcValid()).isTrue();
        next = batch.nextOffset();
        long largestMs = RecordBatch.NO_TIMESTAMP;
        for (Record each : RecordReader.readAll(batch, 1 << 20)) {
          largestMs = Math.max(largestMs, each.timestamp());
          if (each.offset() >= from) {
            found.add(
                new Entry(each.offset(), text(each.key()), text(each.value()), each.timestamp()));
          }
        }
        assertThat(batch.maxTimestamp()).isEqualTo(largestMs);
      }
      assertThat(read.nextOffset()).isEqualTo(next);
      offset = next;
    }
  }

  private static @Nullable String text(@Nullable ByteBuffer bytes) {
    return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }
}
