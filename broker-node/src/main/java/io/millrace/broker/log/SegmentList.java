package io.millrace.broker.log;

import io.millrace.broker.log.FlushTicket.PendingSnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The segments of a log, and the producer snapshots at their begins that are not on disk yet.
 * Confined to the partition's shard.
 */
final class SegmentList {
  private final LogDisk disk;
  private final MapBudget budget;

  // Ascending, each ends where the next begins, the writer's segment comes after the last.
  private List<SegmentView> sealed;
  // Finished, but their indexes and checksums are not yet on disk; their views are in `sealed`.
  private final List<SegmentWriter> rolled = new ArrayList<>();
  private final List<PendingSnapshot> pendingSnapshots = new ArrayList<>();
  private SegmentWriter writer;
  // Files were created or renamed since the last flush was made.
  private boolean namesChanged = true;

  SegmentList(LogDisk disk, MapBudget budget, LoadedLog loaded) {
    this.disk = disk;
    this.budget = budget;
    this.sealed = loaded.sealed();
    this.writer = loaded.writer();
  }

  /** All but the last. */
  List<SegmentView> sealed() {
    return sealed;
  }

  /** Writes the last. */
  SegmentWriter writer() {
    return writer;
  }

  List<SegmentView> all() {
    List<SegmentView> all = new ArrayList<>(sealed);
    all.add(writer.view());
    return all;
  }

  long endOffset() {
    return writer.endOffset();
  }

  /** The offset that the log begins with once so many of the oldest segments are gone. */
  long baseOffsetAfter(int count) {
    return count < sealed.size() ? sealed.get(count).baseOffset() : writer.baseOffset();
  }

  /** Whether segments were rolled that neither were flushed nor are by that flush. */
  boolean hasRolledBeyond(Optional<FlushTicket> underWay) {
    return !rolled.isEmpty()
        && underWay.filter(flush -> flush.flushed().rolled().containsAll(rolled)).isEmpty();
  }

  /** Ends the last segment and begins another. */
  void roll(ProducerStateTable producers) {
    long base = endOffset();
    pendingSnapshots.add(new PendingSnapshot(base, new ProducerSnapshot(base, producers).encode()));
    writer.finish();
    SegmentWriter next = SegmentWriter.create(disk, budget, base);
    rolled.add(writer);
    sealed = List.copyOf(all());
    writer = next;
    namesChanged = true;
  }

  /** What a flush has to write. */
  FlushTicket.Work flushWork() {
    FlushTicket.Work work =
        new FlushTicket.Work(
            endOffset(), List.copyOf(rolled), writer, List.copyOf(pendingSnapshots), namesChanged);
    namesChanged = false;
    return work;
  }

  /** A flush has written it. */
  void flushed(FlushTicket.Work work) {
    for (SegmentWriter done : work.rolled()) {
      if (rolled.remove(done)) {
        done.segment().seal();
      }
    }
    pendingSnapshots.removeAll(work.producers());
  }

  /** A flush that was made may never run. */
  void flushesEnded() {
    namesChanged = true;
  }

  /** So many of the oldest have left the log. */
  void dropOldest(int count) {
    sealed = List.copyOf(sealed.subList(count, sealed.size()));
  }

  /**
   * Whether these are in the log one after the other, complete on disk and not cut since.
   *
   * @param views at least one
   */
  boolean holds(List<SegmentView> views) {
    int first = indexOf(views.get(0));
    if (first < 0 || first + views.size() > sealed.size()) {
      return false;
    }
    for (int i = 0; i < views.size(); i++) {
      SegmentView view = views.get(i);
      if (sealed.get(first + i).segment() != view.segment() || !view.isWhole()) {
        return false;
      }
    }
    return true;
  }

  private int indexOf(SegmentView view) {
    for (int i = 0; i < sealed.size(); i++) {
      if (sealed.get(i).segment() == view.segment()) {
        return i;
      }
    }
    return -1;
  }

  /** Views of segments that a cleaning wrote, to be taken in by {@link #replace}. */
  List<SegmentView> viewsOf(List<CleanedSegment> cleaned) {
    return cleaned.stream()
        .map(
            each ->
                SegmentView.of(
                    Segment.sealed(disk, budget, each.files()), each.size(), each.endOffset()))
        .toList();
  }

  /** Puts others in the place of some that it {@link #holds}; nothing happens if there are none. */
  void replace(List<SegmentView> replaced, List<SegmentView> others) {
    if (!replaced.isEmpty()) {
      int first = indexOf(replaced.get(0));
      List<SegmentView> changed = new ArrayList<>(sealed);
      changed.subList(first, first + replaced.size()).clear();
      changed.addAll(first, others);
      sealed = List.copyOf(changed);
    }
  }

  /**
   * Deletes those that begin above an offset. The last one left is not flushed as a rolled one any
   * more.
   *
   * @return what is left, at least one
   */
  List<SegmentView> dropAbove(long offset) {
    List<SegmentView> kept = new ArrayList<>();
    for (SegmentView view : all()) {
      if (view.baseOffset() > offset) {
        view.segment().delete();
      } else {
        kept.add(view);
      }
    }
    long lastBase = kept.get(kept.size() - 1).baseOffset();
    rolled.removeIf(each -> each.baseOffset() >= lastBase);
    pendingSnapshots.removeIf(each -> each.offset() > lastBase);
    return kept;
  }

  /** After {@link #dropAbove}: what is left, of which the last one has another writer. */
  void endWith(List<SegmentView> newSealed, SegmentWriter newWriter) {
    sealed = List.copyOf(newSealed);
    writer = newWriter;
  }

  /** Deletes all and begins with an empty one. */
  void beginAnew(long offset) {
    all().forEach(view -> view.segment().delete());
    sealed = List.of();
    rolled.clear();
    pendingSnapshots.clear();
    writer = SegmentWriter.create(disk, budget, offset);
  }

  /** Whether everything is on disk as {@link #persist} leaves it. */
  boolean isPersisted() {
    return rolled.isEmpty() && writer.isPersisted();
  }

  /** Writes what is not on disk yet, durably but for the names. */
  void persist(ProducerSnapshots snapshots) {
    rolled.forEach(SegmentWriter::persist);
    rolled.clear();
    writer.finish();
    writer.persist();
    pendingSnapshots.forEach(each -> snapshots.write(each.offset(), each.encoded()));
    pendingSnapshots.clear();
  }

  /** The offsets of the producer snapshots that the next opening may need. */
  Set<Long> neededSnapshots() {
    Set<Long> needed = new HashSet<>();
    all().forEach(view -> needed.add(view.baseOffset()));
    needed.add(endOffset());
    return needed;
  }

  /** Closes the files; readers that are in them finish. */
  void close() {
    all().forEach(view -> view.segment().close());
  }
}
