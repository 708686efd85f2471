package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.ProduceOutcome;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.FrameResult;
import io.millrace.it.simulation.Messages.DeleteRecords;
import io.millrace.it.simulation.Messages.Deleted;
import io.millrace.it.simulation.Messages.Fetch;
import io.millrace.it.simulation.Messages.Fetched;
import io.millrace.it.simulation.Messages.Frame;
import io.millrace.it.simulation.Messages.Produced;
import io.millrace.it.simulation.Messages.Request;
import io.millrace.it.simulation.Messages.Resume;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What the services for clients are to a replica in production, with a look at every answer.
 * Confined to the simulation's thread.
 */
final class ClientDoor {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final long FETCH_WAIT_MICROS = 150_000;
  private static final long PRODUCE_TIMEOUT_MS = 400;
  private static final long DELETE_TIMEOUT_MS = 600;

  private final ClusterProcess process;
  private final ReplicaHost replica;
  private final Set<Connection> pipelines = new HashSet<>();

  ClientDoor(ClusterProcess process, ReplicaHost replica) {
    this.process = process;
    this.replica = replica;
  }

  private ReplicaLedger ledger() {
    return process.world().ledger(replica.number());
  }

  /** Answers a request for a replica that is not here. */
  static void refuse(Connection from, Request request, MillraceError why) {
    if (request instanceof Frame frame) {
      from.sendToClient(new Produced(frame, new FrameResult.Refused(why)));
    } else if (request instanceof Fetch fetch) {
      from.sendToClient(new Fetched(fetch, Optional.of(why), 0, fetch.offset(), NOTHING));
    } else if (request instanceof DeleteRecords delete) {
      from.sendToClient(new Deleted(delete, Optional.of(why)));
    }
  }

  void receive(Connection from, Request request) {
    if (request instanceof Frame frame) {
      produce(from, frame);
    } else if (request instanceof Resume resume) {
      replica.resumePipeline(from.id(), resume.nextSequence());
    } else if (request instanceof Fetch fetch) {
      fetch(from, fetch, true);
    } else if (request instanceof DeleteRecords delete) {
      delete(from, delete);
    }
  }

  /** A connection is gone. */
  void forget(Connection connection) {
    if (pipelines.remove(connection)) {
      replica.closePipeline(connection.id());
    }
  }

  // ---- produce

  private void produce(Connection from, Frame frame) {
    pipelines.add(from);
    ProduceCommand command =
        new ProduceCommand(
            frame.batch().encode(frame.sequence()),
            process.world().bugs().acks(frame.acks()),
            PartitionEvent.ANY_EPOCH,
            from.id(),
            process.clock().monotonicMs() + PRODUCE_TIMEOUT_MS,
            0,
            (asked, outcome) -> process.later(0, () -> answer(from, frame, outcome)));
    if (frame.batch().isTooLarge()) {
      replica.refuse(
          command,
          frame.sequence().baseSequence(),
          new MillraceError(ErrorCode.BATCH_TOO_LARGE, "refused before it came to the partition"));
    } else {
      replica.produce(command);
    }
  }

  private void answer(Connection from, Frame frame, ProduceOutcome outcome) {
    process.world().trace().add("%s answers %s on %s: %s", process, frame, from, outcome);
    if (outcome instanceof ProduceOutcome.Acknowledged ok) {
      if (frame.acks() == Acks.ALL) {
        ledger().promised(process, frame.batch(), ok.baseOffset());
      }
      if (frame.acks() != Acks.NONE) {
        from.sendToClient(
            new Produced(
                frame,
                new FrameResult.Appended(
                    ok.baseOffset(), ok.lastOffset(), ok.logAppendTimeMs(), ok.duplicate())));
      }
    } else if (outcome instanceof ProduceOutcome.Failed failed) {
      from.sendToClient(new Produced(frame, new FrameResult.Refused(failed.error())));
    }
  }

  // ---- fetch

  private void fetch(Connection from, Fetch fetch, boolean mayWait) {
    PartitionView view = replica.view();
    if (!view.leads()) {
      refuse(from, fetch, view.refusal());
    } else if (fetch.offset() < view.logStartOffset() || fetch.offset() > view.logEndOffset()) {
      MillraceError why =
          new MillraceError(ErrorCode.OFFSET_OUT_OF_RANGE, "offset: " + fetch.offset());
      from.sendToClient(
          new Fetched(fetch, Optional.of(why), view.logStartOffset(), fetch.offset(), NOTHING));
    } else if (fetch.offset() >= view.highWatermark() && mayWait) {
      process.later(
          1 + process.random().nextLong(FETCH_WAIT_MICROS), () -> fetch(from, fetch, false));
    } else {
      from.sendToClient(read(fetch, view));
    }
  }

  private Fetched read(Fetch fetch, PartitionView view) {
    LogRead read;
    try {
      read =
          view.log()
              .read(fetch.offset(), fetch.maxBytes(), process.world().bugs().readBound(view), true);
    } catch (LogDirException e) {
      replica.diskFailed(e);
      return new Fetched(fetch, Optional.of(view.refusal()), 0, fetch.offset(), NOTHING);
    } catch (StaleSnapshotException cutMeanwhile) {
      return new Fetched(fetch, Optional.empty(), 0, fetch.offset(), NOTHING);
    }
    ledger().fetched(process, view, read.records());
    if (process.world().bugs().latestOffsetKnown(view)) {
      ledger().toldHighWatermark(process, view);
    }
    require(read.nextOffset() >= fetch.offset(), "a reader is sent back to %d", read.nextOffset());
    return new Fetched(fetch, Optional.empty(), 0, read.nextOffset(), read.records());
  }

  // ---- delete

  private void delete(Connection from, DeleteRecords delete) {
    long before =
        delete.beforeOffset() < 0 ? replica.view().highWatermark() : delete.beforeOffset();
    ledger().askedToDelete(before);
    CompletableFuture<Long> result =
        replica.deleteRecords(
            before, PartitionEvent.ANY_EPOCH, process.clock().monotonicMs() + DELETE_TIMEOUT_MS);
    // Later, because what a future's callback throws is lost.
    var unused =
        result.whenComplete(
            (lowWatermark, failure) -> {
              int epoch = replica.view().leaderEpoch();
              process.later(0, () -> deleted(from, delete, result, epoch));
            });
  }

  private void deleted(
      Connection from, DeleteRecords delete, CompletableFuture<Long> result, int epoch) {
    boolean done = !result.isCompletedExceptionally();
    process.world().trace().add("%s has %s %s", process, delete, done ? "done" : "refused");
    if (done) {
      ledger().toldDeleted(epoch, result.join());
      from.sendToClient(new Deleted(delete, Optional.empty()));
    } else {
      from.sendToClient(new Deleted(delete, Optional.of(replica.view().refusal())));
    }
  }
}
