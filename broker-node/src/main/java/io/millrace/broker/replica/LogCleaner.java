package io.millrace.broker.replica;

import io.millrace.broker.log.CleanableSection;
import io.millrace.broker.log.CleanedGroup;
import io.millrace.broker.log.CleaningEndedException;
import io.millrace.broker.log.CleaningOrder;
import io.millrace.broker.log.CleaningResult;
import io.millrace.broker.log.CorruptBatchException;
import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.LogCleaning;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.log.TimeGuard;
import io.millrace.broker.log.UncleanableLogException;
import io.millrace.broker.log.clean.OffsetMap;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts the logs of a broker in the background, the filthiest first, on a few threads of its own
 * (S32). Rests while the wall clock is not trusted, which decides when tombstones go. Thread-safe.
 */
final class LogCleaner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogCleaner.class);

  private final CleanerSettings settings;
  private final CleaningChoice choice;
  private final CleaningStatus status = new CleaningStatus();
  private final CleaningThrottle throttle;
  private final TimeGuard timeGuard;
  private final Clock clock;
  private final FaultHandler faults;
  private final ScheduledThreadPoolExecutor threads;
  private volatile boolean closing;

  LogCleaner(
      CleanerSettings settings,
      List<LogDirectory> directories,
      TimeGuard timeGuard,
      Clock clock,
      FaultHandler faults) {
    this.settings = settings;
    this.choice = new CleaningChoice(directories, status);
    this.throttle = new CleaningThrottle(clock, settings.ioMaxBytesPerSecond());
    this.timeGuard = timeGuard;
    this.clock = clock;
    this.faults = faults;
    this.threads =
        new ScheduledThreadPoolExecutor(
            settings.threads(), task -> new Thread(task, "log-cleaner"));
    threads.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    threads.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
  }

  /** What it has done and has to do. */
  CleaningStatus status() {
    return status;
  }

  void start() {
    for (int i = 0; i < settings.threads(); i++) {
      // What the work throws is dealt with in it.
      Future<?> unused =
          threads.scheduleWithFixedDelay(
              this::guarded, settings.backoffMs(), settings.backoffMs(), TimeUnit.MILLISECONDS);
    }
  }

  private void guarded() {
    try {
      boolean goOn = true;
      while (goOn && !closing && timeGuard.isTrusted()) {
        Optional<FilthyLog> next = choice.take(clock.wallMs());
        next.ifPresent(this::clean);
        goOn = next.isPresent();
      }
    } catch (RuntimeException | Error e) {
      throw faults.fatal("the log cleaner failed", e);
    }
  }

  private void clean(FilthyLog log) {
    boolean well = false;
    try {
      Optional<LogCleaningLease> lease = onShard(log, PartitionRuntime::beginCleaning);
      well = lease.isPresent() && clean(log, lease.get());
    } finally {
      choice.ended(log, well);
    }
  }

  /** Whether it came to its end. */
  private boolean clean(FilthyLog log, LogCleaningLease lease) {
    try {
      cleanNow(log, lease);
      return true;
    } catch (CleaningEndedException | StaleSnapshotException e) {
      LOG.info("[{}] its compaction ends before it is done: {}", log.host(), e.getMessage());
    } catch (CorruptBatchException e) {
      choice.uncleanable(log, String.valueOf(e.getMessage()));
      log.host().foundCorrupt(e.offset());
    } catch (UncleanableLogException e) {
      choice.uncleanable(log, String.valueOf(e.getMessage()));
    } catch (LogDirException e) {
      log.host().diskFailed(e);
    } finally {
      log.host().onShard(PartitionRuntime::cleaningEnded);
    }
    return false;
  }

  private void cleanNow(FilthyLog log, LogCleaningLease lease) {
    long nowMs = clock.wallMs();
    CleanableSection section =
        CleanableSection.of(lease.log(), lease.config(), lease.bound(), nowMs);
    if (section.dirtyBytes() == 0) {
      return;
    }
    OffsetMap map = settings.mapFor(section.dirtyOffsets());
    CleaningOrder order = new CleaningOrder(nowMs, lease.lastOffsets(), map, Integer.MAX_VALUE);
    LogCleaning cleaning =
        new LogCleaning(lease.log(), section, lease.config(), order, bytes -> moved(lease, bytes));
    CleaningResult result = cleaning.run(group -> takeIn(log, lease, group));
    status.cleaned(result, (double) map.size() / map.capacity(), clock.wallMs());
    LOG.info(
        "[{}] compacted up to offset {}: {} bytes before, {} after, {} records removed, {} keys{}",
        log.host(),
        result.endOffset(),
        result.bytesBefore(),
        result.bytesAfter(),
        result.recordsRemoved(),
        result.keys(),
        result.mapFull() ? "; the map was full, so that it goes on from there" : "");
  }

  private void moved(LogCleaningLease lease, long bytes) {
    throttle.moved(bytes, lease::isOver);
    lease.requireStanding();
    if (closing) {
      throw new CleaningEndedException("the broker is shutting down");
    }
  }

  private void takeIn(FilthyLog log, LogCleaningLease lease, CleanedGroup group) {
    CompletableFuture<Optional<List<DetachedSegment>>> asked =
        log.host().startOnShard(runtime -> runtime.takeIn(group));
    List<DetachedSegment> replaced =
        asked.join().orElseThrow(() -> new CleaningEndedException("the log was cut or is ended"));
    Housekeeping housekeeping = log.host().directory().housekeeping();
    housekeeping.deleteSegments(replaced, lease.config().fileDeleteDelayMs());
  }

  private static <T> T onShard(FilthyLog log, Function<PartitionRuntime, T> work) {
    return log.host().askOnShard(work).join();
  }

  /** Ends the cleanings that are under way and waits for that; the shards must run yet. */
  @Override
  public void close() {
    closing = true;
    throttle.open();
    threads.shutdown();
    Threads.awaitTermination(threads);
  }
}
