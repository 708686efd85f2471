package io.millrace.broker.replica;

import io.millrace.broker.log.CleanedGroup;
import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.SegmentSwap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The partition's side of a cleaning, which goes on on another thread: what it may clean, and what
 * of it is to be taken in. At most one cleaning at a time. Confined to the partition's thread.
 */
final class CleaningPort {
  private final PartitionLog log;
  private Optional<LogCleaningLease> lease = Optional.empty();

  /** What was made and waits for its swap; or its swap is under way. */
  private Optional<CleanedGroup> waiting = Optional.empty();

  private Optional<CompletableFuture<Optional<List<DetachedSegment>>>> asked = Optional.empty();

  CleaningPort(PartitionLog log) {
    this.log = log;
  }

  /** Whether a cleaning reads and writes the log's files. */
  boolean isUnderWay() {
    return lease.isPresent();
  }

  Optional<LogCleaningLease> begin(long bound) {
    if (lease.isPresent()) {
      return Optional.empty();
    }
    lease =
        Optional.of(
            new LogCleaningLease(
                log.snapshot(), log.config(), bound, log.producers().lastOffsets()));
    return lease;
  }

  /** See {@link PartitionRuntime#takeIn}. */
  CompletableFuture<Optional<List<DetachedSegment>>> takeIn(CleanedGroup group) {
    CompletableFuture<Optional<List<DetachedSegment>>> result = new CompletableFuture<>();
    if (lease.isEmpty() || lease.get().isOver()) {
      result.complete(Optional.empty());
      return result;
    }
    waiting = Optional.of(group);
    asked = Optional.of(result);
    return result;
  }

  /** The swap that is to be run now, if there is one. */
  Optional<SegmentSwap> nextSwap() {
    Optional<SegmentSwap> swap = waiting.flatMap(log::prepareSwap);
    if (waiting.isPresent() && swap.isEmpty()) {
      answer(Optional.empty());
    }
    waiting = Optional.empty();
    return swap;
  }

  void swapped(SegmentSwap swap) {
    answer(log.swapped(swap));
  }

  /** The log was cut or is to be ended. A swap that is under way is answered when it is run. */
  void end() {
    lease.ifPresent(LogCleaningLease::end);
    if (waiting.isPresent()) {
      waiting = Optional.empty();
      answer(Optional.empty());
    }
  }

  /** What is under way may never be handed back. */
  void diskFailed() {
    end();
    answer(Optional.empty());
    lease = Optional.empty();
  }

  void ended() {
    lease = Optional.empty();
  }

  private void answer(Optional<List<DetachedSegment>> result) {
    Optional<CompletableFuture<Optional<List<DetachedSegment>>>> who = asked;
    asked = Optional.empty();
    who.ifPresent(future -> future.complete(result));
  }
}
