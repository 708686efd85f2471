package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RetentionInput;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.it.simulation.Messages.DeleteRecords;
import io.millrace.it.simulation.Messages.Deleted;
import io.millrace.it.simulation.Messages.Fetch;
import io.millrace.it.simulation.Messages.Frame;
import io.millrace.it.simulation.Messages.Request;
import io.millrace.it.simulation.Messages.Resume;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A partition on a {@link SimulatedNode}: the real runtime and log, driven as the replica manager
 * would, and watched on behalf of the {@link PartitionLedger}. Confined to the simulation's thread.
 */
final class HostedPartition {
  private static final long DELETE_TIMEOUT_MS = 400;

  private final SimulatedNode node;
  private final SimulatedDirectory directory;
  private final World world;
  private final int number;
  private final PartitionLedger ledger;
  private final PartitionLog log;
  private final PartitionRuntime runtime;
  private final ProduceDoor produceDoor;
  private final FetchDoor fetchDoor;
  private boolean closed;

  /** Opens the log and starts to serve it. */
  HostedPartition(SimulatedNode node, int number, SimulatedDirectory directory) {
    this.node = node;
    this.directory = directory;
    this.world = node.world();
    this.number = number;
    this.ledger = world.ledger(number);
    this.log = PartitionOpening.open(node, number, directory);
    this.runtime = PartitionOpening.runtime(node, number, log, directory);
    this.produceDoor = new ProduceDoor(node, number, this, log, runtime);
    this.fetchDoor = new FetchDoor(node, number, this, runtime);
  }

  /** Where its log lies. */
  SimulatedDirectory directory() {
    return directory;
  }

  TopicIdPartition id() {
    return PartitionOpening.idOf(number);
  }

  long recoveryPoint() {
    return world.plants().has(PlantedBug.CHECKPOINT_BEFORE_FLUSH)
        ? log.logEndOffset()
        : runtime.recoveryPoint();
  }

  /** The controller makes this node the leader. */
  void lead() {
    int epoch = world.nextLeaderEpoch(number);
    runtime.handle(
        new PartitionEvent.BecomeLeader(
            new LeaderState(
                epoch,
                epoch,
                List.of(SimulatedNode.BROKER_ID),
                Set.of(SimulatedNode.BROKER_ID),
                1)));
  }

  /** Another epoch of the same leader, or none for a while before. */
  void changeLeaderEpoch() {
    if (node.random().nextBoolean()) {
      runtime.handle(
          new PartitionEvent.Resign(new MillraceError(ErrorCode.NOT_LEADER, "it moved away")));
    }
    node.later(node.random().nextInt(20_000), this::lead);
  }

  void logDirFailed(String what) {
    runtime.logDirFailed(what);
  }

  /** The broker stops. */
  void close() {
    observe();
    closed = true;
    runtime.close(new MillraceError(ErrorCode.UNAVAILABLE, "the broker stops"));
  }

  /** What runs from time to time. */
  void keepHouse() {
    observe();
    applyRetention();
    if (node.random().nextInt(3) == 0) {
      runtime.requestFlush();
    }
  }

  private void applyRetention() {
    observe();
    RetentionInput now = node.retentionInput(runtime.view().highWatermark());
    boolean clockIsOff = node.clockIsOff();
    long oldStart = log.logStartOffset();
    if (!clockIsOff) {
      LogConfig asked = world.setup().partitions().get(number).log();
      ledger.producersMayBeForgotten(now.wallMs(), asked.producerIdExpirationMs());
    }
    // What the callback throws would be lost in a future, so it only notes.
    var unused =
        world
            .plants()
            .retention(runtime, log, now)
            .thenAccept(
                detached -> {
                  long newStart = log.logStartOffset();
                  node.later(
                      0,
                      () -> {
                        deleteLater(detached);
                        if (newStart > oldStart) {
                          retained(now.wallMs(), clockIsOff, oldStart, newStart);
                        }
                      });
                });
  }

  private void deleteLater(List<DetachedSegment> detached) {
    for (DetachedSegment segment : detached) {
      node.later(1_000 * log.config().fileDeleteDelayMs(), () -> delete(segment));
    }
  }

  /** S27, S30: retention moved the log start. */
  private void retained(long wallMs, boolean clockWasOff, long oldStart, long newStart) {
    LogConfig config = log.config();
    if (config.retentionBytes() < 0) {
      require(
          !clockWasOff,
          "retention by time moved the log start of %s from %d by a clock that has jumped",
          this,
          oldStart);
      ledger.expired(oldStart, newStart, wallMs - config.retentionMs());
    } else if (config.retentionMs() < 0) {
      require(
          log.snapshot().sizeInBytes() >= config.retentionBytes(),
          "retention left %d bytes of %s",
          log.snapshot().sizeInBytes(),
          this);
    }
  }

  private void delete(DetachedSegment segment) {
    try {
      segment.delete();
    } catch (LogDirException e) {
      directory.diskFailed(e);
    }
  }

  /** Looks at the partition: after each run, and before its log or a reader's answer is cut. */
  void observe() {
    if (closed) {
      return;
    }
    if (log.logEndOffset() > ledger.endOffset()) {
      lookAtNewBatches();
    }
    PartitionView view = runtime.view();
    ledger.stands(
        view.logStartOffset(), view.highWatermark(), log.logEndOffset(), log.durableOffset());
  }

  /** If the disk fails just here, the node dies before anybody hears of what was not seen. */
  private void lookAtNewBatches() {
    try {
      PartitionOpening.forEachChunk(log.snapshot(), ledger.endOffset(), ledger::appended);
    } catch (LogDirException e) {
      throw new CrashSignal();
    }
  }

  /** S34: somebody was refused; for a failed disk only where the disk did fail. */
  void refused(ErrorCode code) {
    require(
        code != ErrorCode.LOG_DIR_OFFLINE || directory.failed(),
        "%s is said to be offline though its disk is well",
        this);
  }

  /** A connection is gone. */
  void forget(Connection connection) {
    produceDoor.forget(connection);
  }

  void receive(Connection from, Request request) {
    if (request instanceof Frame frame) {
      produceDoor.produce(from, frame);
    } else if (request instanceof Resume resume) {
      produceDoor.resume(from, resume);
    } else if (request instanceof Fetch fetch) {
      fetchDoor.fetch(from, fetch);
    } else if (request instanceof DeleteRecords delete) {
      deleteRecords(from, delete);
    }
  }

  private void deleteRecords(Connection from, DeleteRecords delete) {
    observe();
    CompletableFuture<Long> result = new CompletableFuture<>();
    // Later, because what a future's callback throws is lost.
    var unused =
        result.whenComplete(
            (logStart, failure) -> node.later(0, () -> deleted(from, delete, result)));
    runtime.deleteRecords(
        delete.beforeOffset(),
        PartitionEvent.ANY_EPOCH,
        node.machine().clock().monotonicMs() + DELETE_TIMEOUT_MS,
        result);
  }

  private void deleted(Connection from, DeleteRecords delete, CompletableFuture<Long> result) {
    Optional<MillraceError> error =
        result
            .handle(
                (logStart, failure) ->
                    failure instanceof MillraceException refused
                        ? Optional.of(refused.error())
                        : Optional.<MillraceError>empty())
            .join();
    world.trace().add("t%d: %s: %s", number, delete, error);
    if (error.isEmpty()) {
      ledger.toldLogStart(result.join());
    }
    from.sendToClient(new Deleted(delete, error));
  }

  @Override
  public String toString() {
    return "t" + number + " [" + log.logStartOffset() + ", " + log.logEndOffset() + ")";
  }
}
