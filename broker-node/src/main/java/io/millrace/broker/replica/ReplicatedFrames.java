package io.millrace.broker.replica;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.core.FollowingEvent.Replicated;
import io.millrace.broker.replica.core.FollowingEvent.ReplicatedBatches;
import io.millrace.broker.replica.core.FollowingEvent.ReplicationRefused;
import io.millrace.broker.replica.core.PartitionCore;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.MillraceError;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Batches of the leader on their way into a follower's log. No batch is on the disk before its
 * leader epoch is: the first one of an epoch waits for that, and what follows waits behind it.
 * Confined to the partition's thread.
 */
final class ReplicatedFrames {
  private final PartitionLog log;
  private final PartitionCore core;
  private final LogWork work;
  private final Consumer<MillraceError> refused;

  /** In the order of arrival; of the first one a part may be in the log already. */
  private final Deque<ReplicatedBatches> waiting = new ArrayDeque<>();

  /**
   * Nothing waits yet.
   *
   * @param refused told of batches that are bad
   */
  ReplicatedFrames(
      PartitionLog log, PartitionCore core, LogWork work, Consumer<MillraceError> refused) {
    this.log = log;
    this.core = core;
    this.work = work;
    this.refused = refused;
  }

  /**
   * Takes what came.
   *
   * @param decide has the core decide, and its effects carried out
   */
  void take(ReplicatedBatches frame, Consumer<PartitionEvent> decide) {
    if (waiting.isEmpty()) {
      offer(frame, decide);
    } else {
      waiting.add(frame);
    }
  }

  /** An epoch has begun, or nothing will go on here: looks again at what waits. */
  void goOn(Consumer<PartitionEvent> decide) {
    List<ReplicatedBatches> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(frame -> take(frame, decide));
  }

  /** Lets go of what waits for an epoch that the core has no use for any more. */
  void dropStale(Consumer<PartitionEvent> decide) {
    // While the log is being cut nothing may be told to the core; the run after that looks again.
    if (!core.isCutting() && !waiting.isEmpty() && !core.awaits(waiting.element())) {
      goOn(decide);
    }
  }

  private void offer(ReplicatedBatches frame, Consumer<PartitionEvent> decide) {
    ReplicatedRecords records = recordsOf(frame);
    if (core.awaits(frame)) {
      Optional<MillraceError> defect = records.defect().or(() -> whyNotNext(records));
      if (defect.isPresent()) {
        refused.accept(defect.get());
        decide.accept(new ReplicationRefused(defect.get()));
      } else if (work.mustAwaitEpoch(next(records).leaderEpoch())) {
        awaitEpoch(frame);
      } else {
        decide.accept(frame);
      }
    } else {
      decide.accept(frame);
    }
    if (waiting.isEmpty() || waiting.element().batches() != records) {
      records.release();
    }
  }

  private void awaitEpoch(ReplicatedBatches frame) {
    work.wantEpoch(next(recordsOf(frame)).leaderEpoch());
    waiting.add(frame);
  }

  /**
   * Appends a frame that was offered, up to where another epoch begins.
   *
   * @param feed gives the core an event from within the carrying out of its effects
   * @throws io.millrace.broker.log.LogDirException if the disk fails
   */
  void append(ReplicatedBatches frame, Consumer<PartitionEvent> feed) {
    ReplicatedRecords records = recordsOf(frame);
    ByteBuffer bytes = records.records();
    Optional<MillraceError> defect = whyNotNext(records);
    while (bytes.hasRemaining()
        && defect.isEmpty()
        && !work.mustAwaitEpoch(next(records).leaderEpoch())) {
      int end = bytes.position() + next(records).sizeInBytes();
      log.appendReplicated(bytes.duplicate().limit(end));
      bytes.position(end);
      defect = bytes.hasRemaining() ? whyNotNext(records) : Optional.empty();
    }
    feed.accept(new Replicated(log.logEndOffset()));
    if (defect.isPresent()) {
      refused.accept(defect.get());
      feed.accept(new ReplicationRefused(defect.get()));
    } else if (bytes.hasRemaining()) {
      awaitEpoch(
          new ReplicatedBatches(
              frame.attempt(),
              log.logEndOffset(),
              frame.highWatermark(),
              frame.logStartOffset(),
              records));
    }
  }

  private Optional<MillraceError> whyNotNext(ReplicatedRecords records) {
    return log.whyNotNext(next(records), core.leaderEpoch());
  }

  private static RecordBatch next(ReplicatedRecords records) {
    return RecordBatch.at(records.records(), records.records().position());
  }

  private static ReplicatedRecords recordsOf(ReplicatedBatches frame) {
    return (ReplicatedRecords) frame.batches();
  }
}
