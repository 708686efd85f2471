package io.millrace.broker.replica;

import io.millrace.broker.log.DamagedLogException;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.PartitionLog;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the logs of a log directory, several at a time, and tells how far it is (S31). Used once:
 * begun and awaited by one thread; {@link #progress} from any.
 */
final class LogRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
  private static final long TELL_INTERVAL_MS = 5_000;

  /** A log to open. */
  record Found(TopicPartition name, TopicIdPartition id, PartitionConfig config) {}

  /** A log that was opened. */
  record Opened(Found found, PartitionLog log) {}

  /**
   * How far it is.
   *
   * @param logs how many logs there are
   * @param openedLogs how many of them are open
   * @param checkedBytes bytes of batches that were read and checked
   */
  public record Progress(int logs, int openedLogs, long checkedBytes) {
    Progress plus(Progress other) {
      return new Progress(
          logs + other.logs, openedLogs + other.openedLogs, checkedBytes + other.checkedBytes);
    }
  }

  private final LogDirectory directory;
  private final Clock clock;
  private final FaultHandler faults;
  private final int logs;
  private final ConcurrentLinkedQueue<Found> waiting;
  private final ConcurrentLinkedQueue<Opened> opened = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Found> damaged = new ConcurrentLinkedQueue<>();
  private final AtomicInteger openedLogs = new AtomicInteger();
  private final AtomicLong checkedBytes = new AtomicLong();
  private final AtomicLong tellAtMs;
  private final List<Thread> threads = new ArrayList<>();

  LogRecovery(LogDirectory directory, Clock clock, FaultHandler faults, Collection<Found> found) {
    this.directory = directory;
    this.clock = clock;
    this.faults = faults;
    this.logs = found.size();
    this.waiting = new ConcurrentLinkedQueue<>(found);
    this.tellAtMs = new AtomicLong(clock.monotonicMs() + TELL_INTERVAL_MS);
  }

  Progress progress() {
    return new Progress(logs, openedLogs.get(), checkedBytes.get());
  }

  /** Begins, with so many threads. */
  void begin(int threadCount) {
    for (int i = 0; i < Math.min(threadCount, logs); i++) {
      Thread thread = new Thread(this::openWaiting, "recovery-" + i + "-" + directory.dir().path());
      threads.add(thread);
      thread.start();
    }
  }

  /** Waits for the end: the logs that could be opened; fewer if the directory went offline. */
  Collection<Opened> await() {
    threads.forEach(Threads::join);
    tell();
    int expected = logs - damaged.size();
    if (directory.online() && openedLogs.get() != expected) {
      throw faults.fatal(
          "[data directory %s] open logs: %d (expected: %d)"
              .formatted(directory.dir().path(), openedLogs.get(), expected),
          null);
    }
    return opened;
  }

  /** After {@link #await}: the logs that are damaged and stay as they are. */
  Collection<Found> damaged() {
    return damaged;
  }

  private void openWaiting() {
    Found next = waiting.poll();
    while (next != null && directory.online()) {
      open(next);
      next = waiting.poll();
    }
  }

  private void open(Found found) {
    long[] seen = {0};
    try {
      PartitionLog log =
          directory
              .files()
              .open(
                  found.name(),
                  found.id(),
                  found.config().log(),
                  (checked, total) -> {
                    checkedBytes.addAndGet(checked - seen[0]);
                    seen[0] = checked;
                    tellNowAndThen();
                  });
      opened.add(new Opened(found, log));
      openedLogs.incrementAndGet();
      tellNowAndThen();
    } catch (LogDirException e) {
      directory.diskFailed(e);
    } catch (DamagedLogException e) {
      LOG.error("{}", e.getMessage());
      damaged.add(found);
    } catch (RuntimeException | Error e) {
      throw faults.fatal("[" + found.name() + "] could not be opened", e);
    }
  }

  private void tellNowAndThen() {
    long nowMs = clock.monotonicMs();
    long dueMs = tellAtMs.get();
    if (nowMs >= dueMs && tellAtMs.compareAndSet(dueMs, nowMs + TELL_INTERVAL_MS)) {
      tell();
    }
  }

  private void tell() {
    LOG.info(
        "[data directory {}] {} of {} logs open, {} MB checked",
        directory.dir().path(),
        openedLogs.get(),
        logs,
        checkedBytes.get() >> 20);
  }
}
