package io.millrace.broker.rpc;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.producer.FrameResult;
import io.millrace.common.producer.ProducerEffects;
import io.millrace.common.producer.ProducerIdentity;
import io.millrace.common.producer.ProducerSession;
import io.millrace.common.producer.ProducerSettings;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.proto.v1.PartitionProduceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/**
 * An idempotent producer of this broker for one partition: takes one batch at a time and tries
 * until its deadline, wherever the leader is by then. A batch is in the log at most once, and a
 * batch that was given up in doubt can't come after a later one: the producer's epoch is raised
 * (KIP-360).
 *
 * <p>Thread-safe: one lock around the session; what the session asks for is done after it is let
 * go.
 */
final class ForwardLane {
  /** A leader that is silent is asked again after it: it may have been replaced. */
  private static final long ATTEMPT_MS = 3_000;

  private static final long RETRY_MS = 20;
  private static final long RETRY_MAX_MS = 250;

  /** Deadlines are the batches' own, and every attempt is answered in time. */
  private static final long UNUSED_TIMEOUT_MS = 3_600_000;

  private static final ProducerSettings SETTINGS =
      new ProducerSettings(
          Acks.ALL, 1, UNUSED_TIMEOUT_MS, UNUSED_TIMEOUT_MS, RETRY_MS, RETRY_MAX_MS);

  /** There are no streams: the session thinks that it is always on the same. */
  private static final long STREAM = 0;

  private final LeaderAppends appends;
  private final Retries retries;
  private final Clock clock;
  private final Scheduler scheduler;
  private final ProducerSession<LaneBatch> session;

  /** What the session asked for during the event under way. */
  private final List<Runnable> asked = new ArrayList<>();

  private Optional<Scheduler.Cancellable> timer = Optional.empty();

  /** Which refusals a repeat helps against. */
  interface Retries {
    /** What the session is to think of a refusal. */
    FrameResult judge(LaneBatch batch, MillraceError error);
  }

  ForwardLane(
      ProducerIdentity identity,
      LeaderAppends appends,
      Retries retries,
      Clock clock,
      Scheduler scheduler) {
    this.appends = appends;
    this.retries = retries;
    this.clock = clock;
    this.scheduler = scheduler;
    // Callers of one partition do not begin together, so that their pauses need no spreading.
    this.session = new ProducerSession<>(SETTINGS, Optional.of(identity), () -> 0.5, new Effects());
    event(now -> session.streamOpened(STREAM, 1, false, now));
  }

  /** Delivers a batch. The one before must have its result. */
  CompletableFuture<PartitionProduceResult> deliver(LaneBatch batch) {
    event(now -> session.offer(batch, batch.records, batch.deadlineMs, now));
    return batch.result;
  }

  /** Whether it takes no more batches. */
  synchronized boolean hasEnded() {
    return session.hasEnded();
  }

  private void event(LongConsumer event) {
    List<Runnable> todo;
    synchronized (this) {
      event.accept(clock.monotonicMs());
      todo = List.copyOf(asked);
      asked.clear();
    }
    todo.forEach(Runnable::run);
  }

  private void attempt(long sendId, LaneBatch batch, BatchSequence sequence) {
    long leftMs = Math.max(1, batch.deadlineMs - clock.monotonicMs());
    CompletableFuture<Void> unused =
        appends
            .append(batch.attempt(sequence), Math.min(leftMs, ATTEMPT_MS))
            .thenAccept(
                result ->
                    event(
                        now -> session.answered(STREAM, sendId, frameResult(batch, result), now)));
  }

  private FrameResult frameResult(LaneBatch batch, PartitionProduceResult result) {
    batch.answer = Optional.of(result);
    if (!result.hasError()) {
      return new FrameResult.Appended(
          result.getBaseOffset(),
          result.getLastOffset(),
          result.getLogAppendTimeMs(),
          result.getDuplicate());
    }
    MillraceError error = RpcErrors.fromProto(result.getError());
    FrameResult judged = retries.judge(batch, error);
    batch.answerIsResult =
        judged instanceof FrameResult.GivenUp && saysAllOfIt(error.code(), batch.inDoubt);
    batch.inDoubt |= !new FrameResult.Refused(error).nothingAppended();
    return judged;
  }

  /**
   * Whether a refusal can be told of a batch that may be in the log. A retriable code that does not
   * speak of the log means to the client that it can send the batch again, and doubles it.
   */
  private static boolean saysAllOfIt(ErrorCode code, boolean inDoubtBefore) {
    return code == ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
        || (!inDoubtBefore && !code.retriable());
  }

  private static PartitionProduceResult result(LaneBatch batch, BatchOutcome outcome) {
    if (outcome instanceof BatchOutcome.Acknowledged done) {
      return PartitionProduceResult.newBuilder()
          .setBaseOffset(done.baseOffset())
          .setLastOffset(done.lastOffset())
          .build();
    }
    BatchOutcome.Failed failed = (BatchOutcome.Failed) outcome;
    boolean telling = batch.answerIsResult || !failed.maybeAppended();
    return batch
        .answer
        .filter(answer -> telling && answer.hasError())
        .orElseGet(() -> ProduceResults.failed(batch.id, untold(batch, failed), List.of()));
  }

  /** The error of a batch that may be in the log, or that no leader was asked about. */
  private static MillraceError untold(LaneBatch batch, BatchOutcome.Failed failed) {
    boolean late = failed.error().code() == ErrorCode.REQUEST_TIMED_OUT;
    if (!late && !failed.maybeAppended()) {
      return failed.error();
    }
    MillraceError last =
        batch
            .answer
            .filter(PartitionProduceResult::hasError)
            .map(answer -> RpcErrors.fromProto(answer.getError()))
            .orElse(failed.error());
    String what =
        late ? "not acknowledged before the request's deadline" : "may have been appended";
    return new MillraceError(ErrorCode.REQUEST_TIMED_OUT, what + "; last answer: " + last);
  }

  private final class Effects implements ProducerEffects<LaneBatch> {
    @Override
    public void sendFrame(long stream, long sendId, LaneBatch batch, BatchSequence sequence) {
      asked.add(() -> attempt(sendId, batch, sequence));
    }

    /** Attempts are calls of their own: there is no pipeline to resume. */
    @Override
    public void resume(long stream, int nextSequence) {}

    @Override
    public void complete(LaneBatch batch, BatchOutcome outcome) {
      PartitionProduceResult result = result(batch, outcome);
      asked.add(() -> batch.result.complete(result));
    }

    @Override
    public void refusedUnacknowledged(long sendId, MillraceError error) {
      throw new IllegalStateException("acks: 0 (expected: 1 or all)");
    }

    @Override
    public void setTimer(long atMs) {
      timer.ifPresent(Scheduler.Cancellable::cancel);
      timer =
          Optional.of(scheduler.schedule(atMs - clock.monotonicMs(), () -> event(session::tick)));
    }

    @Override
    public void abandonStream(long stream) {
      session.end(new MillraceError(ErrorCode.INTERNAL, "an attempt was never answered"));
    }

    /** The id is this broker's own, and nobody else raises its epoch. */
    @Override
    public void needIdentity(MillraceError reason) {
      ProducerIdentity now = session.identity().orElseThrow();
      if (now.producerEpoch() == Short.MAX_VALUE) {
        asked.add(() -> event(time -> session.end(reason)));
        return;
      }
      ProducerIdentity next = new ProducerIdentity(now.producerId(), now.producerEpoch() + 1);
      asked.add(() -> event(time -> session.identityGranted(next, time)));
    }

    /** The pool drops the lane. */
    @Override
    public void ended(MillraceError error) {}
  }
}
