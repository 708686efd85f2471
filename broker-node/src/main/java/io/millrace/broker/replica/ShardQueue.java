package io.millrace.broker.replica;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bounded queue before a shard: any number of threads put in, one takes out. Guarded by its own
 * lock, which nothing else is called under.
 *
 * <p>Requests are bounded by number and by bytes. What a shard must hear (a flush that ended, a
 * change of the metadata) is never refused: there is little of it and it is bounded elsewhere.
 */
final class ShardQueue {
  /** Writing these takes about a millisecond: so long may the first answer of a run wait. */
  static final long RUN_BYTES = 1 << 20;

  private final ShardLimits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final ArrayDeque<ShardTask> tasks = new ArrayDeque<>();

  /** The sum of the waiting tasks' bytes. */
  private long bytes;

  private boolean takerWaits;
  private boolean closed;

  ShardQueue(ShardLimits limits) {
    this.limits = limits;
  }

  /** Puts a request in, unless the queue is full. One always fits into an empty queue. */
  boolean offer(ShardTask task) {
    lock.lock();
    try {
      boolean full = tasks.size() >= limits.maxTasks() || bytes + task.bytes() > limits.maxBytes();
      if (closed || (full && !tasks.isEmpty())) {
        return false;
      }
      add(task);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Puts in what must not be refused; once the queue is closed, the task is told instead. */
  void put(ShardTask task) {
    if (!tryPut(task)) {
      task.dropped();
    }
  }

  private boolean tryPut(ShardTask task) {
    lock.lock();
    try {
      if (!closed) {
        add(task);
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void add(ShardTask task) {
    tasks.add(task);
    bytes += task.bytes();
    if (takerWaits) {
      takerWaits = false;
      filled.signal();
    }
  }

  /**
   * Takes what waits for one run: at most {@link ShardLimits#runTasks}, and no more once they have
   * {@link #RUN_BYTES}.
   *
   * @param into takes the tasks, in order; empty before
   * @param waitMs how long to wait for a first one
   */
  void take(List<ShardTask> into, long waitMs) throws InterruptedException {
    lock.lock();
    try {
      long leftNanos = TimeUnit.MILLISECONDS.toNanos(waitMs);
      while (tasks.isEmpty() && leftNanos > 0) {
        takerWaits = true;
        leftNanos = filled.awaitNanos(leftNanos);
      }
      takerWaits = false;
      long runBytes = 0;
      while (into.size() < limits.runTasks() && runBytes < RUN_BYTES && !tasks.isEmpty()) {
        ShardTask task = tasks.remove();
        runBytes += task.bytes();
        into.add(task);
      }
      bytes -= runBytes;
    } finally {
      lock.unlock();
    }
  }

  /** Puts in the last task; nothing is taken in after it. */
  void close(ShardTask last) {
    lock.lock();
    try {
      add(last);
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }
}
