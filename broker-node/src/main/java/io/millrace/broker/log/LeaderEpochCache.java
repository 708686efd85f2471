package io.millrace.broker.log;

import io.millrace.common.OffsetAndEpoch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which leader epoch wrote which offsets of a log (KIP-101, KIP-279). Immutable, so that readers
 * share it with the writer: every change makes another one.
 */
public final class LeaderEpochCache {
  /** No epoch yet. */
  public static final LeaderEpochCache EMPTY = new LeaderEpochCache(List.of());

  /**
   * Where an epoch begins.
   *
   * @param epoch the leader epoch, from 0
   * @param startOffset the offset of its first record, present or to come
   */
  public record Entry(int epoch, long startOffset) {}

  // Epochs and start offsets both strictly ascend.
  private final List<Entry> entries;

  private LeaderEpochCache(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * A cache of these entries.
   *
   * @throws IllegalArgumentException if epochs or offsets do not strictly ascend
   */
  public static LeaderEpochCache of(List<Entry> entries) {
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      boolean ascends =
          i == 0
              ? entry.epoch() >= 0 && entry.startOffset() >= 0
              : entry.epoch() > entries.get(i - 1).epoch()
                  && entry.startOffset() > entries.get(i - 1).startOffset();
      if (!ascends) {
        throw new IllegalArgumentException(
            "leader epochs: " + entries + " (expected: epochs and offsets ascending from 0)");
      }
    }
    return new LeaderEpochCache(List.copyOf(entries));
  }

  /** The entries in ascending order. */
  public List<Entry> entries() {
    return entries;
  }

  /** The newest epoch. */
  public OptionalInt latestEpoch() {
    return entries.isEmpty() ? OptionalInt.empty() : OptionalInt.of(latest().epoch());
  }

  /**
   * Begins an epoch; nothing changes if it is the newest already. Epochs that would begin at or
   * above {@code startOffset} wrote nothing and are dropped.
   *
   * @throws IllegalArgumentException if the epoch is older than the newest
   */
  public LeaderEpochCache assign(int epoch, long startOffset) {
    if (!entries.isEmpty() && epoch == latest().epoch()) {
      return this;
    }
    if (epoch < 0 || (!entries.isEmpty() && epoch < latest().epoch())) {
      throw new IllegalArgumentException(
          "leader epoch: " + epoch + " (expected: >= " + latestEpoch().orElse(0) + ")");
    }
    List<Entry> next = new ArrayList<>(truncateFromEnd(startOffset).entries);
    next.add(new Entry(epoch, startOffset));
    return new LeaderEpochCache(List.copyOf(next));
  }

  /**
   * Has an epoch write from an offset on, whatever was noted of that offset and beyond: epochs that
   * would begin there wrote nothing and are dropped, be they newer.
   *
   * @throws IllegalArgumentException if the epoch is older than the one that wrote before
   */
  public LeaderEpochCache begin(int epoch, long startOffset) {
    return truncateFromEnd(startOffset).assign(epoch, startOffset);
  }

  /** The epoch that wrote an offset, or would write it; empty below the first epoch's start. */
  public OptionalInt epochOf(long offset) {
    int low = 0;
    int high = entries.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (entries.get(middle).startOffset() <= offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high < 0 ? OptionalInt.empty() : OptionalInt.of(entries.get(high).epoch());
  }

  /**
   * The end of an epoch, for a follower to compare its own log with: the largest epoch known that
   * is not above the asked one, and the offset where that one ends.
   *
   * @param epoch the asked epoch
   * @param logEndOffset where the newest epoch ends
   * @return empty if the asked epoch is newer than all, or there are none
   */
  public Optional<OffsetAndEpoch> endOffsetFor(int epoch, long logEndOffset) {
    if (entries.isEmpty() || epoch > latest().epoch()) {
      return Optional.empty();
    }
    if (epoch < entries.get(0).epoch()) {
      return Optional.of(new OffsetAndEpoch(entries.get(0).startOffset(), epoch));
    }
    int i = entries.size() - 1;
    while (entries.get(i).epoch() > epoch) {
      i--;
    }
    long end = i == entries.size() - 1 ? logEndOffset : entries.get(i + 1).startOffset();
    return Optional.of(new OffsetAndEpoch(end, entries.get(i).epoch()));
  }

  /** Without the epochs that begin at or above the offset. */
  public LeaderEpochCache truncateFromEnd(long endOffset) {
    if (entries.isEmpty() || latest().startOffset() < endOffset) {
      return this;
    }
    return new LeaderEpochCache(
        entries.stream().filter(entry -> entry.startOffset() < endOffset).toList());
  }

  /** Without the epochs that end at or below the offset; the one that holds it begins there. */
  public LeaderEpochCache truncateFromStart(long startOffset) {
    if (entries.isEmpty() || entries.get(0).startOffset() >= startOffset) {
      return this;
    }
    List<Entry> next = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      boolean endsAbove = i == entries.size() - 1 || entries.get(i + 1).startOffset() > startOffset;
      if (endsAbove) {
        Entry entry = entries.get(i);
        next.add(new Entry(entry.epoch(), Math.max(entry.startOffset(), startOffset)));
      }
    }
    return new LeaderEpochCache(List.copyOf(next));
  }

  private Entry latest() {
    return entries.get(entries.size() - 1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LeaderEpochCache cache && cache.entries.equals(entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return "LeaderEpochCache" + entries;
  }
}
