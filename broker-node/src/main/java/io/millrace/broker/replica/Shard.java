package io.millrace.broker.replica;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that owns partitions of one log directory: every append, acknowledgement and high
 * watermark move of theirs runs on it, without locks. Queueing is thread-safe; the rest is confined
 * to the shard's thread.
 *
 * <p>It works in runs: takes what waits, lets the partitions decide, then has each partition that
 * was touched finish its run (write, publish, answer, ask for a flush) once, and at last does what
 * they left for then.
 */
public final class Shard implements PartitionDriver, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
  private static final long IDLE_WAIT_MS = 60_000;

  private record Timer(long atMs, PartitionRuntime runtime) {}

  private final ShardQueue queue;
  private final Clock clock;
  private final FaultHandler faults;
  private final Thread thread;
  private final List<PartitionRuntime> touched = new ArrayList<>();
  private final List<Runnable> afterRuns = new ArrayList<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::atMs));
  private final int runTasks;
  private boolean closing;

  /**
   * Makes a shard; {@link #start} starts its thread.
   *
   * @param name the thread's name
   * @param limits how much may wait
   * @param clock the time of the events
   * @param faults told of what a task threw
   */
  public Shard(String name, ShardLimits limits, Clock clock, FaultHandler faults) {
    this.queue = new ShardQueue(limits);
    this.runTasks = limits.runTasks();
    this.clock = clock;
    this.faults = faults;
    this.thread = new Thread(this::loop, name);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** Queues a request; false if the queue is full. */
  boolean offer(ShardTask task) {
    return queue.offer(task);
  }

  /** Queues what must not be refused. */
  void post(ShardTask task) {
    queue.put(task);
  }

  /** How many tasks wait. */
  public int waitingTasks() {
    return queue.size();
  }

  @Override
  public void touched(PartitionRuntime runtime) {
    touched.add(runtime);
  }

  @Override
  public void afterRuns(Runnable work) {
    afterRuns.add(work);
  }

  @Override
  public void tickAt(PartitionRuntime runtime, long atMs) {
    timers.add(new Timer(atMs, runtime));
  }

  @Override
  public void callbackThrew(PartitionRuntime runtime, RuntimeException thrown) {
    LOG.error("[{}] whoever was answered threw", runtime.name(), thrown);
  }

  private void loop() {
    List<ShardTask> run = new ArrayList<>(runTasks);
    try {
      while (!closing) {
        queue.take(run, waitMs());
        for (ShardTask task : run) {
          task.run();
        }
        run.clear();
        fireTimers();
        finishRuns();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw faults.fatal(thread.getName() + " was interrupted", e);
    } catch (RuntimeException | Error e) {
      throw faults.fatal(thread.getName() + " failed", e);
    }
  }

  private long waitMs() {
    Timer next = timers.peek();
    return next == null
        ? IDLE_WAIT_MS
        : Math.max(0, Math.min(IDLE_WAIT_MS, next.atMs() - clock.monotonicMs()));
  }

  private void fireTimers() {
    while (true) {
      Timer next = timers.peek();
      if (next == null || next.atMs() > clock.monotonicMs()) {
        return;
      }
      timers.remove();
      next.runtime().tick();
    }
  }

  private void finishRuns() {
    for (PartitionRuntime runtime : touched) {
      runtime.finishRun();
    }
    touched.clear();
    for (int i = 0; i < afterRuns.size(); i++) {
      afterRuns.get(i).run();
    }
    afterRuns.clear();
  }

  /** Ends the thread after all that was queued before, and waits for it. */
  @Override
  public void close() {
    queue.close(() -> closing = true);
    Threads.join(thread);
  }
}
