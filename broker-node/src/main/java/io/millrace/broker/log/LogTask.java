package io.millrace.broker.log;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Work on the files of one log that may have to wait for the disk: made on the shard by a {@code
 * prepare…} method of {@link PartitionLog}, {@link #run} on the flush thread of the log directory,
 * and handed back on the shard to the method that its class names.
 */
public abstract sealed class LogTask
    permits FlushTicket, LogStartMove, EpochStart, SyncedMarkChange, SegmentSwap {
  private final Guard guard;
  private final LogDisk disk;
  private final int generation;

  /** Guarded by {@link #guard}; also read on the shard, after the task was handed back. */
  private boolean done;

  /**
   * Keeps the tasks of a log apart from cuts and from closing: a task runs under its monitor. The
   * generation moves, under the monitor, before the log is cut or closed; what was made before does
   * nothing then.
   */
  static final class Guard {
    private final AtomicInteger generation = new AtomicInteger();

    void advance() {
      generation.incrementAndGet();
    }
  }

  LogTask(Guard guard, LogDisk disk) {
    this.guard = guard;
    this.disk = disk;
    this.generation = guard.generation.get();
  }

  /**
   * Does it. Nothing happens if the log was cut or closed meanwhile.
   *
   * @throws LogDirException if the disk fails, now or before; never try again
   */
  public final void run() {
    synchronized (guard) {
      if (isCurrent()) {
        disk.requireUsable();
        work(disk);
        done = true;
      }
    }
  }

  /** What there is to do with the files. */
  abstract void work(LogDisk files);

  /** Whether the log was neither cut nor closed since the task was made. */
  final boolean isCurrent() {
    return guard.generation.get() == generation;
  }

  /** Whether it has run and done something. */
  final boolean isDone() {
    return done;
  }
}
