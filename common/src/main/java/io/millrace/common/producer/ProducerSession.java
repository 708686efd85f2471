package io.millrace.common.producer;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import io.millrace.common.producer.FrameResult.Appended;
import io.millrace.common.producer.FrameResult.GivenUp;
import io.millrace.common.producer.FrameResult.Refused;
import io.millrace.common.producer.PendingBatch.State;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * One producer's pipeline to one partition. Confined to its owner's thread; pure: time comes in
 * with every event, effects go out through {@link ProducerEffects}.
 *
 * <p>Batches are sent in the order of {@link #offer}, a bounded number of them at a time. With an
 * identity each is in the log at most once and in that order, whatever is lost, repeated or
 * answered late:
 *
 * <ul>
 *   <li>After a refusal or a lost stream nothing is sent until every frame of the stream is
 *       answered or the stream is gone. Then the unsettled batches are sent again from the oldest
 *       on, with the sequences they had, behind a ResumePartition (S28b). What was appended after
 *       all is answered by the broker as a repeat.
 *   <li>A batch that is given up leaves a hole in the sequences. If nobody can have appended it or
 *       a later one, the later ones move down into the hole. If that is in doubt, the doubtful ones
 *       are given up too, and the rest waits for a higher producer epoch and starts at 0 (KIP-360):
 *       the broker refuses what may still be under way with the old one.
 * </ul>
 *
 * <p>A batch of several records that is too large for the broker is cut into parts, which take its
 * place and its sequences; only records that are too large by themselves fail. The window may then
 * hold more batches than may be in flight; the first of them are.
 *
 * <p>Without an identity, batches keep their order on a stream, and a lost answer may double one.
 *
 * @param <B> the owner's own batch
 */
public final class ProducerSession<B> {
  private enum Phase {
    /** Batches are sent as the window allows. */
    SENDING,
    /** Something went wrong; what is in flight is waited for. */
    QUIESCING,
    BACKING_OFF,
    AWAITING_IDENTITY,
    ENDED
  }

  private static final long NEVER = Long.MAX_VALUE;

  private final ProducerSettings settings;
  private final ProducerEffects<B> effects;

  /** Offered and not in the window yet, in their order. */
  private final ArrayDeque<PendingBatch<B>> ready = new ArrayDeque<>();

  private final SendWindow<B> window = new SendWindow<>();
  private final BatchCompletion<B> completion;
  private final BatchDeadlines<B> deadlines;
  private final SequenceNumbers sequences;
  private final StreamPlace stream;
  private final RetryPause pause;
  private Phase phase = Phase.SENDING;

  /** Whether a batch was refused for good, or cut, since the last pass. */
  private boolean batchLost;

  private long lastSendId;
  private long timerAtMs = NEVER;
  private long lastEventMs = Long.MIN_VALUE;
  private MillraceError endedBy = new MillraceError(ErrorCode.UNAVAILABLE, "producer closed");

  /**
   * A session with no stream and nothing to send.
   *
   * @param identity empty for a producer that is not idempotent
   * @param jitter values from 0 (inclusive) to 1 (exclusive) that spread the back-off
   */
  public ProducerSession(
      ProducerSettings settings,
      Optional<ProducerIdentity> identity,
      DoubleSupplier jitter,
      ProducerEffects<B> effects) {
    this(settings, identity, 0, jitter, effects);
  }

  /**
   * A session that carries on with an identity.
   *
   * @param firstSequence of the first batch; not 0 only if the identity was used for the partition
   *     up to there, or the broker has never heard of it
   */
  public ProducerSession(
      ProducerSettings settings,
      Optional<ProducerIdentity> identity,
      int firstSequence,
      DoubleSupplier jitter,
      ProducerEffects<B> effects) {
    if (identity.isPresent() && settings.acks() == Acks.NONE) {
      throw new IllegalArgumentException("acks: 0 (expected: 1 or all for an idempotent producer)");
    }
    this.settings = settings;
    this.effects = effects;
    this.completion = new BatchCompletion<>(effects);
    this.deadlines = new BatchDeadlines<>(settings, ready, window, completion);
    this.sequences = new SequenceNumbers(identity, firstSequence);
    this.stream = new StreamPlace(settings.maxInFlightBatches());
    this.pause = new RetryPause(settings, jitter);
  }

  /**
   * Takes a batch to deliver. The owner bounds how many it offers.
   *
   * @param recordCount its records, from 1
   */
  public void offer(B batch, int recordCount, long nowMs) {
    offer(batch, recordCount, nowMs + settings.deliveryTimeoutMs(), nowMs);
  }

  /**
   * Takes a batch that was begun before.
   *
   * @param deadlineMs when it is given up; not before that of the batch offered last
   */
  public void offer(B batch, int recordCount, long deadlineMs, long nowMs) {
    if (recordCount < 1) {
      throw new IllegalArgumentException("recordCount: " + recordCount + " (expected: >= 1)");
    }
    if (phase == Phase.ENDED) {
      effects.complete(batch, new Failed(endedBy, false));
      return;
    }
    ready.add(new PendingBatch<>(batch, recordCount, deadlineMs));
    proceed(nowMs);
  }

  /**
   * A stream is there; the unsettled batches go out on it, oldest first, and without the pause that
   * a refusal on the last stream called for: the owner paces the streams that it opens. A stream
   * left before may be joined again: answers to what was sent on it then are told apart by their
   * send ids.
   *
   * @param epoch names the stream; not the one that the session is on
   * @param maxInFlightBatches the most batches in flight that this broker allows
   * @param again whether the partition was on that stream before, by this session or another: the
   *     broker may take no frame of it there until it is told where to resume
   */
  public void streamOpened(long epoch, int maxInFlightBatches, boolean again, long nowMs) {
    if (stream.isOpen(epoch)) {
      throw new IllegalArgumentException(
          "stream epoch: " + epoch + " (expected: another than that of the open stream)");
    }
    loseStream();
    stream.opened(epoch, Math.min(maxInFlightBatches, settings.maxInFlightBatches()));
    if (again) {
      stream.needsResume();
    }
    if (phase == Phase.BACKING_OFF) {
      pause.end();
      phase = Phase.SENDING;
    }
    proceed(nowMs);
  }

  /**
   * A stream is gone; what was in flight on it is in doubt. Of an older stream: nothing happens.
   */
  public void streamClosed(long epoch, long nowMs) {
    if (stream.isOpen(epoch)) {
      loseStream();
      proceed(nowMs);
    }
  }

  /** A frame was answered. Answers on an older stream, or to a batch given up, change nothing. */
  public void answered(long epoch, long sendId, FrameResult result, long nowMs) {
    if (!stream.isOpen(epoch) || phase == Phase.ENDED) {
      return;
    }
    if (settings.acks() == Acks.NONE) {
      if (result instanceof Refused refused) {
        stream.needsResume();
        effects.refusedUnacknowledged(sendId, refused.error());
      }
      return;
    }
    Optional<PendingBatch<B>> found = window.inFlight(sendId);
    if (found.isPresent()) {
      if (result instanceof Appended appended) {
        acknowledge(
            found.get(),
            new Acknowledged(
                appended.baseOffset(), appended.lastOffset(), appended.logAppendTimeMs()));
      } else if (result instanceof Refused refused) {
        refuse(found.get(), refused.error());
      } else if (result instanceof GivenUp givenUp) {
        giveUp(found.get(), givenUp.error());
      }
    }
    proceed(nowMs);
  }

  /**
   * The answer to {@link ProducerEffects#needIdentity}; ignored if not waited for. A different
   * producer id is accepted, but then nothing fences what may still be under way with the old one.
   */
  public void identityGranted(ProducerIdentity granted, long nowMs) {
    if (phase == Phase.AWAITING_IDENTITY) {
      sequences.become(granted);
      renumber(0);
      phase = Phase.SENDING;
    }
    proceed(nowMs);
  }

  /** Time has passed. */
  public void tick(long nowMs) {
    if (nowMs >= timerAtMs) {
      timerAtMs = NEVER;
    }
    proceed(nowMs);
  }

  /** Gives every batch up and takes no more. */
  public void end(MillraceError error) {
    if (phase == Phase.ENDED) {
      return;
    }
    phase = Phase.ENDED;
    endedBy = error;
    window.forEach(batch -> completion.fail(batch, error));
    window.clear();
    ready.forEach(batch -> completion.fail(batch, error));
    ready.clear();
    effects.ended(error);
  }

  /** Batches offered and not completed. */
  public int pendingBatches() {
    return ready.size() + window.unsettled();
  }

  /** Whether no batch is offered and not completed. */
  public boolean isIdle() {
    return ready.isEmpty() && window.firstUnsettled().isEmpty();
  }

  /** Whether the session takes no more batches. */
  public boolean hasEnded() {
    return phase == Phase.ENDED;
  }

  /** Who this producer is now; empty if it is not idempotent. */
  public Optional<ProducerIdentity> identity() {
    return sequences.identity();
  }

  private void proceed(long nowMs) {
    if (nowMs < lastEventMs) {
      throw new IllegalArgumentException("nowMs: " + nowMs + " (expected: >= " + lastEventMs + ")");
    }
    lastEventMs = nowMs;
    if (phase == Phase.ENDED) {
      return;
    }
    expire(nowMs);
    if (phase == Phase.QUIESCING && window.first(State.IN_FLIGHT).isEmpty()) {
      settle(nowMs);
    }
    if (phase == Phase.BACKING_OFF && pause.endsBy(nowMs)) {
      phase = Phase.SENDING;
    }
    if (phase == Phase.SENDING && stream.isOpen()) {
      sendWhatFits(nowMs);
    }
    askForTimer();
  }

  private void sendWhatFits(long nowMs) {
    int limit = stream.maxInFlight();
    for (var next = window.nextToSend(limit); next.isPresent(); next = window.nextToSend(limit)) {
      send(next.get(), nowMs);
    }
    while (!ready.isEmpty() && window.size() < limit) {
      PendingBatch<B> batch = ready.remove();
      sequences.assign(batch);
      if (settings.acks() == Acks.NONE) {
        send(batch, nowMs);
        completion.sentUnacknowledged(batch);
      } else {
        window.add(batch);
        send(window.nextToSend(limit).orElseThrow(), nowMs);
      }
    }
  }

  private void send(PendingBatch<B> batch, long nowMs) {
    if (stream.takeResume()) {
      effects.resume(stream.epoch(), batch.sequence.baseSequence());
    }
    batch.state = State.IN_FLIGHT;
    batch.sendId = ++lastSendId;
    batch.sentAtMs = nowMs;
    batch.refusal = null;
    effects.sendFrame(stream.epoch(), batch.sendId, batch.batch, batch.sequence);
  }

  private void acknowledge(PendingBatch<B> batch, Acknowledged outcome) {
    pause.succeeded();
    completion.acknowledge(batch, outcome);
    window.trim();
  }

  private void giveUp(PendingBatch<B> batch, MillraceError error) {
    noteRefusal(batch, error);
    batchLost = true;
    completion.fail(batch, error);
  }

  private void noteRefusal(PendingBatch<B> batch, MillraceError error) {
    stream.needsResume();
    phase = Phase.QUIESCING;
    batch.state = State.WAITING;
    batch.refusal = error;
    batch.inDoubt |= !Refusal.nothingAppended(error.code());
  }

  private void refuse(PendingBatch<B> batch, MillraceError error) {
    noteRefusal(batch, error);
    switch (Refusal.of(error.code(), sequences.idempotent())) {
      case RETRY, GAP -> {
        // What follows a lost batch goes through once that is out of the way.
        if (error.code() != ErrorCode.PREVIOUS_FRAME_FAILED || !batchLost) {
          pause.want();
        }
      }
      case APPENDED_BEFORE -> acknowledge(batch, new Acknowledged(-1, -1, -1));
      case BATCH_LOST -> splitOrLose(batch, error);
      case SESSION_LOST -> end(error);
    }
  }

  /** In doubt it is not cut: of a batch that was appended, the parts would be no repeats. */
  private void splitOrLose(PendingBatch<B> batch, MillraceError error) {
    batchLost = true;
    boolean mayBeCut =
        error.code() == ErrorCode.BATCH_TOO_LARGE && batch.recordCount > 1 && !batch.inDoubt;
    List<BatchPart<B>> parts = mayBeCut ? effects.split(batch.batch, error) : List.of();
    if (parts.isEmpty()) {
      completion.fail(batch, error);
    } else {
      window.replace(batch, batch.into(parts));
    }
  }

  private void expire(long nowMs) {
    if (deadlines.expire(nowMs) && phase != Phase.AWAITING_IDENTITY) {
      phase = Phase.QUIESCING;
    }
    if (deadlines.streamIsSilent(nowMs)) {
      effects.abandonStream(stream.epoch());
      loseStream();
    }
  }

  private void loseStream() {
    if (stream.isOpen()) {
      stream.closed();
      window.forEach(PendingBatch::losesItsStream);
      window.rewind();
    }
  }

  /** Decides how to go on, now that nothing is in flight. */
  private void settle(long nowMs) {
    Optional<MillraceError> newIdentityReason =
        sequences.idempotent() ? SequenceGap.close(window, completion) : Optional.empty();
    Optional<PendingBatch<B>> hole = window.first(State.FAILED);
    boolean pauses = pause.takeWanted();
    batchLost = false;
    window.dropSettled();
    if (newIdentityReason.isPresent()) {
      phase = Phase.AWAITING_IDENTITY;
      effects.needIdentity(newIdentityReason.get());
      return;
    }
    if (sequences.idempotent() && hole.isPresent()) {
      renumber(hole.get().sequence.baseSequence());
    }
    phase = pauses ? Phase.BACKING_OFF : Phase.SENDING;
    if (pauses) {
      pause.begin(nowMs);
    }
  }

  private void renumber(int firstSequence) {
    sequences.restart(firstSequence, window);
    stream.needsResume();
  }

  private void askForTimer() {
    long due = deadlines.nextMs();
    if (phase == Phase.BACKING_OFF) {
      due = Math.min(due, pause.untilMs());
    }
    if (due < timerAtMs) {
      timerAtMs = due;
      effects.setTimer(due);
    }
  }
}
