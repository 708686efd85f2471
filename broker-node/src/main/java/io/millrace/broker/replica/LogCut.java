package io.millrace.broker.replica;

import io.millrace.broker.log.CorruptBatchException;
import io.millrace.broker.log.LogSnapshot;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The cut of a follower's log, and what waits for it: between the wish and the end nothing else may
 * happen to the log. Confined to the partition's thread; waits for the disk.
 */
final class LogCut {
  private final PartitionLog log;
  private final LogWork work;

  /** To be made once nothing noted lies above it. */
  private Optional<FollowingEffect> wanted = Optional.empty();

  /** What came meanwhile, in the order of arrival. */
  private final Deque<Runnable> behind = new ArrayDeque<>();

  LogCut(PartitionLog log, LogWork work) {
    this.log = log;
    this.work = work;
  }

  /**
   * Whether the batch that begins at an offset is corrupt.
   *
   * @throws io.millrace.broker.log.LogDirException if the disk fails
   */
  boolean isCorrupt(long offset) {
    LogSnapshot now = log.snapshot();
    if (offset < now.logStartOffset() || offset >= now.logEndOffset()) {
      return false;
    }
    try {
      now.read(offset, 1, now.logEndOffset(), true);
      return false;
    } catch (CorruptBatchException e) {
      return true;
    } catch (StaleSnapshotException e) {
      return false;
    }
  }

  /**
   * A cut is wanted.
   *
   * @return where the log is to end: nothing noted may lie above it before that
   * @throws io.millrace.broker.log.LogDirException if the disk fails
   */
  long want(FollowingEffect cut) {
    wanted = Optional.of(cut);
    if (cut instanceof FollowingEffect.Truncate truncate) {
      return Math.min(truncate.offset(), log.endAfterCut(truncate.offset()));
    } else if (cut instanceof FollowingEffect.TruncateFullyAndStartAt anew) {
      return anew.offset();
    }
    throw new IllegalArgumentException("effect: " + cut + " (expected: a cut)");
  }

  boolean isWanted() {
    return wanted.isPresent();
  }

  /**
   * Makes it.
   *
   * @throws io.millrace.broker.log.LogDirException if the disk fails
   */
  FollowingEvent.Truncated make() {
    FollowingEffect cut = wanted.orElseThrow();
    wanted = Optional.empty();
    if (cut instanceof FollowingEffect.Truncate truncate) {
      log.truncateTo(truncate.offset());
    } else if (cut instanceof FollowingEffect.TruncateFullyAndStartAt anew) {
      log.truncateFullyAndStartAt(anew.offset());
    }
    work.cut();
    return new FollowingEvent.Truncated(log.logStartOffset(), log.logEndOffset());
  }

  /** It will not be made any more. */
  void forget() {
    wanted = Optional.empty();
  }

  /** Has something wait. */
  void hold(Runnable event) {
    behind.add(event);
  }

  /** Lets go on what waits, in order. */
  void release() {
    List<Runnable> all = List.copyOf(behind);
    behind.clear();
    all.forEach(Runnable::run);
  }
}
