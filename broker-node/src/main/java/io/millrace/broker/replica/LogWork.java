package io.millrace.broker.replica;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogStartMove;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RetentionInput;
import io.millrace.broker.log.SegmentSwap;
import io.millrace.broker.log.SyncedMarkChange;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What a partition has to do with its log's files that may wait for the disk, and what of it is
 * under way: at most one flush, and at most one change of where the log and its epochs begin (an
 * epoch, a log start that moves, retention) or of its synced mark. Confined to the partition's
 * thread; nothing here waits.
 */
final class LogWork {
  private final PartitionLog log;
  private final Consumer<LogTask> runner;
  private boolean flushWanted;
  private Optional<FlushTicket> flushUnderWay = Optional.empty();
  private boolean changeUnderWay;

  /** Whether that change is an epoch that begins. */
  private boolean epochUnderWay;

  /** An epoch that is to begin, or -1. */
  private int epochWanted = -1;

  /** The log start that is to be reached; has been if the log's is not below it. */
  private long logStartWanted;

  /** Whether the log's synced mark is to stand. */
  private boolean syncedMarkWanted;

  /** Who asked for the retention that is under way. */
  private Optional<CompletableFuture<List<DetachedSegment>>> retention = Optional.empty();

  /** The cleaning that reads and writes the log's files, on a thread of its own. */
  private final CleaningPort cleaning;

  /** Who waits for the log to be left alone. */
  private Optional<CompletableFuture<Void>> abandonment = Optional.empty();

  /**
   * Nothing is wanted yet.
   *
   * @param runner has a task run and handed back by {@link #done}
   */
  LogWork(PartitionLog log, Consumer<LogTask> runner) {
    this.log = log;
    this.runner = runner;
    this.cleaning = new CleaningPort(log);
    this.syncedMarkWanted = log.syncedMark();
  }

  void wantFlush() {
    flushWanted = true;
  }

  void wantLogStart(long offset) {
    logStartWanted = Math.max(logStartWanted, offset);
  }

  void wantEpoch(int epoch) {
    epochWanted = epoch;
  }

  void wantSyncedMark(boolean stands) {
    syncedMarkWanted = stands;
  }

  /** Whether the epoch's batches can't be appended yet; ask for it by {@link #wantEpoch}. */
  boolean mustAwaitEpoch(int epoch) {
    return epochUnderWay || log.mustStartEpoch(epoch);
  }

  /** What has to do with cleaning the log. */
  CleaningPort cleaning() {
    return cleaning;
  }

  /** The log was cut: what was wanted of it before has no meaning any more. */
  void cut() {
    cleaning.end();
    epochWanted = -1;
    logStartWanted = 0;
  }

  /**
   * Starts retention, unless something else is under way: then it is left to the next time.
   *
   * @return the segments that have left the log, when they have
   */
  CompletableFuture<List<DetachedSegment>> retain(RetentionInput input) {
    CompletableFuture<List<DetachedSegment>> asked = new CompletableFuture<>();
    Optional<LogStartMove> move = changeUnderWay ? Optional.empty() : log.prepareRetention(input);
    if (move.isEmpty()) {
      asked.complete(List.of());
      return asked;
    }
    retention = Optional.of(asked);
    startChange(move.get());
    return asked;
  }

  /** Starts what is wanted and does not wait for something under way. */
  void startWanted() {
    if (!changeUnderWay && epochWanted >= 0 && log.mustStartEpoch(epochWanted)) {
      epochUnderWay = true;
      startChange(log.prepareEpoch(epochWanted));
    } else if (!changeUnderWay && logStartWanted > log.logStartOffset()) {
      startChange(log.prepareLogStart(logStartWanted));
    } else if (!changeUnderWay && syncedMarkWanted != log.syncedMark()) {
      startChange(log.prepareSyncedMark(syncedMarkWanted));
    } else if (!changeUnderWay) {
      cleaning.nextSwap().ifPresent(this::startChange);
    }
    flushWanted |= log.hasRolledBeyond(flushUnderWay);
    if (flushWanted && flushUnderWay.isEmpty()) {
      flushWanted = false;
      FlushTicket ticket = log.prepareFlush();
      flushUnderWay = Optional.of(ticket);
      runner.accept(ticket);
    }
  }

  private void startChange(LogTask task) {
    changeUnderWay = true;
    runner.accept(task);
  }

  /** A task was run. The log knows of it afterwards, unless it is to be abandoned. */
  void done(LogTask task) {
    if (task instanceof FlushTicket ticket) {
      flushUnderWay = Optional.empty();
      log.flushed(ticket);
    } else {
      changeUnderWay = false;
      if (task instanceof EpochStart start) {
        epochUnderWay = false;
        epochWanted = -1;
        log.epochStarted(start);
      } else if (task instanceof LogStartMove move) {
        endRetention(log.logStartMoved(move));
      } else if (task instanceof SyncedMarkChange change) {
        log.syncedMarkChanged(change);
      } else if (task instanceof SegmentSwap swap) {
        cleaning.swapped(swap);
      }
    }
    abandonIfIdle();
  }

  private void endRetention(List<DetachedSegment> detached) {
    Optional<CompletableFuture<List<DetachedSegment>>> asked = retention;
    retention = Optional.empty();
    asked.ifPresent(future -> future.complete(detached));
  }

  /** The disk has failed: what is under way may never be handed back. */
  void diskFailed() {
    flushUnderWay = Optional.empty();
    changeUnderWay = false;
    epochUnderWay = false;
    endRetention(List.of());
    cleaning.diskFailed();
    abandonIfIdle();
  }

  /** Closes the log in order. */
  void close() {
    endRetention(List.of());
    cleaning.end();
    log.close();
  }

  /**
   * Closes the log unflushed, once nothing is under way.
   *
   * @return completes when that has happened
   */
  CompletableFuture<Void> abandon() {
    CompletableFuture<Void> asked = new CompletableFuture<>();
    abandonment = Optional.of(asked);
    endRetention(List.of());
    cleaning.end();
    abandonIfIdle();
    return asked;
  }

  /** The cleaning thread touches the log's files no more. */
  void cleaningEnded() {
    cleaning.ended();
    abandonIfIdle();
  }

  private void abandonIfIdle() {
    if (abandonment.isPresent()
        && flushUnderWay.isEmpty()
        && !changeUnderWay
        && !cleaning.isUnderWay()) {
      CompletableFuture<Void> asked = abandonment.get();
      abandonment = Optional.empty();
      log.abandon();
      asked.complete(null);
    }
  }
}
