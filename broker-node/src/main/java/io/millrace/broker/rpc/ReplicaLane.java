package io.millrace.broker.rpc;

import io.millrace.broker.replica.link.LeaderLogs;
import io.millrace.broker.replica.link.LeaderRead;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * What one Replicate stream does of one log directory: takes the signals of the partitions there,
 * and reads. One run at a time; if the disk hangs, the run does, and nothing else of the stream.
 * Thread-safe.
 *
 * <p>A little that was appended last is read by the shard that appended it, at the end of its run:
 * it lies in the page cache, and another thread would cost more than the reading. All else is read
 * by threads of the directory.
 */
final class ReplicaLane {
  /** Rounds in one run: a busy stream lets others onto the thread in between. */
  private static final int ROUNDS_PER_RUN = 16;

  /**
   * High watermarks that move without records are pushed so often at most. While records come, they
   * take the high watermark along; a message for it alone costs each side as much as a record.
   */
  static final long PUSH_MS = 5;

  /** What a shard reads itself, and no more in one run than it takes to write as much. */
  static final int QUICK_BYTES = 32 << 10;

  private final Executor threads;
  private final LeaderLogs logs;
  private final Stream stream;
  private final Timers timers;

  /** Subscriptions that may have something to send; each at most once. */
  private final Queue<ReplicaWatch> signals = new ConcurrentLinkedQueue<>();

  /** At most one. */
  private final Queue<LeaderRead> reads = new ConcurrentLinkedQueue<>();

  /** Calls that no round has answered yet, about; above 0 while a run is under way. */
  private final AtomicInteger calls = new AtomicInteger();

  /** Whether somebody will come in time for those that wait without a call. */
  private final AtomicBoolean awaited = new AtomicBoolean();

  /** When somebody came for those last; written by whoever set {@link #awaited}. */
  private volatile long pushedMs;

  /** The time, and who calls back after some of it. */
  record Timers(Clock clock, Scheduler scheduler) {}

  /** The stream; any thread. */
  interface Stream {
    /** Subscriptions wait in the queue; they are to be taken out. */
    void signalled(Queue<ReplicaWatch> signals);

    /** A read has ended. */
    void done(LeaderRead read);

    /** A read has thrown. */
    void failed(LeaderRead read, Throwable thrown);
  }

  ReplicaLane(Executor threads, LeaderLogs logs, Stream stream, Timers timers) {
    this.threads = threads;
    this.logs = logs;
    this.stream = stream;
    this.timers = timers;
    this.pushedMs = timers.clock().monotonicMs() - PUSH_MS;
  }

  /**
   * There may be something to send of a subscription; cheap.
   *
   * @param shard runs a task on the thread that may read a little
   */
  void signal(ReplicaWatch watch, Executor shard) {
    signals.add(watch);
    call(shard);
  }

  /** The same on a thread that is not to read. */
  void signal(ReplicaWatch watch) {
    signals.add(watch);
    call();
  }

  /** The same for what need not go at once: it goes with the next signal, or soon. */
  void signalSoon(ReplicaWatch watch) {
    signals.add(watch);
    if (awaited.compareAndSet(false, true)) {
      long waitMs = pushedMs + PUSH_MS - timers.clock().monotonicMs();
      if (waitMs <= 0) {
        push();
      } else {
        timers.scheduler().schedule(waitMs, this::push);
      }
    }
  }

  private void push() {
    pushedMs = timers.clock().monotonicMs();
    awaited.set(false);
    if (!signals.isEmpty()) {
      call();
    }
  }

  void read(LeaderRead read) {
    reads.add(read);
    call();
  }

  private void call() {
    if (calls.getAndIncrement() == 0) {
      threads.execute(this::run);
    }
  }

  /** What waits is to be looked at, as {@link #signal}. */
  void call(Executor shard) {
    if (calls.getAndIncrement() == 0) {
      shard.execute(this::runOnShard);
    }
  }

  private void run() {
    run(read -> true);
  }

  private void runOnShard() {
    run(read -> read.isOfTheEnd(logs, QUICK_BYTES));
  }

  /**
   * A run.
   *
   * @param mine which reads are carried out by this thread; the others are left to another
   */
  private void run(Predicate<LeaderRead> mine) {
    int answered = calls.get();
    for (int round = 1; answered > 0; round++) {
      if (!round(mine)) {
        threads.execute(this::run);
        return;
      }
      answered = calls.addAndGet(-answered);
      if (answered > 0 && round == ROUNDS_PER_RUN) {
        threads.execute(this::run);
        return;
      }
    }
  }

  /** Whether this thread may go on. */
  private boolean round(Predicate<LeaderRead> mine) {
    if (!signals.isEmpty()) {
      stream.signalled(signals);
    }
    LeaderRead read = reads.peek();
    if (read == null) {
      return true;
    }
    if (!mine.test(read)) {
      return false;
    }
    reads.remove();
    try {
      read.carryOut(logs);
    } catch (RuntimeException | Error e) {
      stream.failed(read, e);
      return true;
    }
    stream.done(read);
    return true;
  }
}
