package io.millrace.metadata;

import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The latest entries that took effect, for nodes that follow without being voters. Thread-safe: one
 * lock, under which nothing else is called.
 */
public final class EntryFeed {
  private final long maxBytes;
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

  /** The entries that lead to {@link #image}, the oldest first, without a gap. */
  private final Deque<MetadataEntry> entries = new ArrayDeque<>();

  private long bytes;
  private MetadataImage image = MetadataImage.EMPTY;

  /**
   * Begins empty.
   *
   * @param maxBytes how much is kept; whoever is further behind gets the whole image
   */
  public EntryFeed(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** An entry took effect. */
  public void applied(MetadataImage after, MetadataEntry entry) {
    synchronized (this) {
      if (after.revision() != image.revision() + 1) {
        entries.clear();
        bytes = 0;
      }
      image = after;
      entries.addLast(entry);
      bytes += entry.getSerializedSize();
      while (bytes > maxBytes) {
        bytes -= entries.removeFirst().getSerializedSize();
      }
    }
    watchers.forEach(Runnable::run);
  }

  /** The image is another one, without the entries that lead to it. */
  public void installed(MetadataImage installed) {
    synchronized (this) {
      if (installed.revision() <= image.revision()) {
        return;
      }
      entries.clear();
      bytes = 0;
      image = installed;
    }
    watchers.forEach(Runnable::run);
  }

  /**
   * The entries after a revision, at most some.
   *
   * @return empty if they are not kept, and the image must be taken instead
   */
  public synchronized Optional<List<MetadataEntry>> after(long revision, int most) {
    long first = image.revision() - entries.size();
    if (revision > image.revision() || revision < first) {
      return Optional.empty();
    }
    List<MetadataEntry> next = new ArrayList<>();
    long at = first;
    for (MetadataEntry entry : entries) {
      if (at >= revision && next.size() < most) {
        next.add(entry);
      }
      at++;
    }
    return Optional.of(next);
  }

  /** The newest image. */
  public synchronized MetadataImage image() {
    return image;
  }

  /** Runs a task, which must not block, after each change; the answer ends it. */
  public Runnable watch(Runnable task) {
    watchers.add(task);
    return () -> watchers.remove(task);
  }
}
