package io.millrace.broker.replica;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Who waits for a partition to advance: long polls and fetch streams, which come and go often.
 * Registered from any thread, called on the partition's shard.
 */
public final class AdvanceListeners {
  private final Set<Entry> entries = ConcurrentHashMap.newKeySet();

  /** One registration; equal only to itself, so that one listener may be registered twice. */
  private final class Entry implements Registration {
    private final Runnable listener;

    Entry(Runnable listener) {
      this.listener = listener;
    }

    @Override
    public void close() {
      entries.remove(this);
    }
  }

  /** Adds a listener until its registration is closed. */
  public Registration add(Runnable listener) {
    Entry entry = new Entry(listener);
    entries.add(entry);
    return entry;
  }

  /** Tells all of them; what one throws does not keep the news from the others. */
  void advanced(Consumer<RuntimeException> threw) {
    if (entries.isEmpty()) {
      return;
    }
    for (Entry entry : entries) {
      try {
        entry.listener.run();
      } catch (RuntimeException e) {
        threw.accept(e);
      }
    }
  }
}
