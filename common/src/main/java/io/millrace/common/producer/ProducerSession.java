package io.millrace.common.producer;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.producer.BatchOutcome.Failed;
import io.millrace.common.producer.BatchOutcome.Unacknowledged;
import io.millrace.common.producer.FrameResult.Appended;
import io.millrace.common.producer.FrameResult.Refused;
import io.millrace.common.producer.PendingBatch.State;
import java.util.ArrayDeque;
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
  private final DoubleSupplier jitter;
  private final ProducerEffects<B> effects;
  private final ArrayDeque<PendingBatch<B>> ready = new ArrayDeque<>();
  private final SendWindow<B> window = new SendWindow<>();

  private Optional<ProducerIdentity> identity;
  private Phase phase = Phase.SENDING;

  /** The sequence of the next batch that enters the window. */
  private int nextSequence;

  private boolean connected;
  private long streamEpoch = -1;
  private int maxInFlight;
  private boolean resumeNeeded;
  private long lastSendId;

  /** Refusals that call for a wait, in a row. */
  private int failures;

  /** Whether a refusal since the last pass calls for a wait before the next. */
  private boolean backOff;

  private long retryAtMs = NEVER;
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
    if (firstSequence < 0) {
      throw new IllegalArgumentException("firstSequence: " + firstSequence + " (expected: >= 0)");
    }
    this.settings = settings;
    this.identity = identity;
    this.nextSequence = firstSequence;
    this.maxInFlight = settings.maxInFlightBatches();
    this.jitter = jitter;
    this.effects = effects;
  }

  /**
   * Takes a batch to deliver. The owner bounds how many it offers.
   *
   * @param recordCount its records, from 1
   */
  public void offer(B batch, int recordCount, long nowMs) {
    if (recordCount < 1) {
      throw new IllegalArgumentException("recordCount: " + recordCount + " (expected: >= 1)");
    }
    if (phase == Phase.ENDED) {
      effects.complete(batch, new Failed(endedBy, false));
      return;
    }
    ready.add(new PendingBatch<>(batch, recordCount, nowMs + settings.deliveryTimeoutMs()));
    proceed(nowMs);
  }

  /**
   * A stream is there; the unsettled batches go out on it, oldest first. A stream left before may
   * be joined again: answers to what was sent on it then are told apart by their send ids.
   *
   * @param epoch names the stream; not the one that the session is on
   * @param maxInFlightBatches the most batches in flight that this broker allows
   */
  public void streamOpened(long epoch, int maxInFlightBatches, long nowMs) {
    if (connected && epoch == streamEpoch) {
      throw new IllegalArgumentException(
          "stream epoch: " + epoch + " (expected: another than that of the open stream)");
    }
    loseStream();
    streamEpoch = epoch;
    connected = true;
    maxInFlight = Math.max(1, Math.min(maxInFlightBatches, settings.maxInFlightBatches()));
    proceed(nowMs);
  }

  /**
   * A stream is gone; what was in flight on it is in doubt. Of an older stream: nothing happens.
   */
  public void streamClosed(long epoch, long nowMs) {
    if (connected && epoch == streamEpoch) {
      loseStream();
      proceed(nowMs);
    }
  }

  /** A frame was answered. Answers on an older stream, or to a batch given up, change nothing. */
  public void answered(long epoch, long sendId, FrameResult result, long nowMs) {
    if (!connected || epoch != streamEpoch || phase == Phase.ENDED) {
      return;
    }
    if (settings.acks() == Acks.NONE) {
      if (result instanceof Refused refused) {
        resumeNeeded = true;
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
      identity = Optional.of(granted);
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
    window.forEach(batch -> fail(batch, error));
    window.clear();
    ready.forEach(batch -> fail(batch, error));
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
    return identity;
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
    abandonSilentStream(nowMs);
    if (phase == Phase.QUIESCING && window.first(State.IN_FLIGHT).isEmpty()) {
      settle(nowMs);
    }
    if (phase == Phase.BACKING_OFF && nowMs >= retryAtMs) {
      retryAtMs = NEVER;
      phase = Phase.SENDING;
    }
    if (phase == Phase.SENDING && connected) {
      sendWhatFits(nowMs);
    }
    askForTimer();
  }

  private void sendWhatFits(long nowMs) {
    for (var next = window.nextToSend(); next.isPresent(); next = window.nextToSend()) {
      send(next.get(), nowMs);
    }
    while (!ready.isEmpty() && window.size() < maxInFlight) {
      PendingBatch<B> batch = ready.remove();
      assignSequence(batch);
      if (settings.acks() == Acks.NONE) {
        send(batch, nowMs);
        batch.state = State.ACKNOWLEDGED;
        effects.complete(batch.batch, Unacknowledged.INSTANCE);
      } else {
        window.add(batch);
        send(window.nextToSend().orElseThrow(), nowMs);
      }
    }
  }

  private void send(PendingBatch<B> batch, long nowMs) {
    if (resumeNeeded) {
      effects.resume(streamEpoch, batch.sequence.baseSequence());
      resumeNeeded = false;
    }
    batch.state = State.IN_FLIGHT;
    batch.sendId = ++lastSendId;
    batch.sentAtMs = nowMs;
    batch.refusal = null;
    effects.sendFrame(streamEpoch, batch.sendId, batch.batch, batch.sequence);
  }

  private void assignSequence(PendingBatch<B> batch) {
    if (identity.isPresent()) {
      ProducerIdentity id = identity.get();
      batch.sequence = new BatchSequence(id.producerId(), id.producerEpoch(), nextSequence);
      nextSequence = BatchSequence.advance(nextSequence, batch.recordCount);
    }
  }

  private void acknowledge(PendingBatch<B> batch, Acknowledged outcome) {
    batch.state = State.ACKNOWLEDGED;
    failures = 0;
    effects.complete(batch.batch, outcome);
    window.trim();
  }

  private void refuse(PendingBatch<B> batch, MillraceError error) {
    resumeNeeded = true;
    phase = Phase.QUIESCING;
    batch.state = State.WAITING;
    batch.refusal = error;
    batch.inDoubt |= !Refusal.nothingAppended(error.code());
    switch (Refusal.of(error.code(), identity.isPresent())) {
      case RETRY, GAP -> backOff = true;
      case APPENDED_BEFORE -> acknowledge(batch, new Acknowledged(-1, -1, -1));
      case BATCH_LOST -> fail(batch, error);
      case SESSION_LOST -> end(error);
    }
  }

  private void fail(PendingBatch<B> batch, MillraceError error) {
    if (batch.settled()) {
      return;
    }
    batch.inDoubt |= batch.is(State.IN_FLIGHT);
    batch.state = State.FAILED;
    effects.complete(batch.batch, new Failed(error, batch.inDoubt));
  }

  private void expire(long nowMs) {
    for (var oldest = window.firstUnsettled();
        oldest.isPresent() && oldest.get().deadlineMs <= nowMs;
        oldest = window.firstUnsettled()) {
      fail(oldest.get(), deliveryTimedOut(oldest.get()));
      if (phase != Phase.AWAITING_IDENTITY) {
        phase = Phase.QUIESCING;
      }
    }
    while (!ready.isEmpty() && ready.element().deadlineMs <= nowMs) {
      PendingBatch<B> batch = ready.remove();
      fail(batch, deliveryTimedOut(batch));
    }
  }

  private MillraceError deliveryTimedOut(PendingBatch<B> batch) {
    String last = batch.refusal == null ? "" : "; last refusal: " + batch.refusal;
    return new MillraceError(
        ErrorCode.REQUEST_TIMED_OUT,
        "not delivered within " + settings.deliveryTimeoutMs() + " ms" + last);
  }

  private void abandonSilentStream(long nowMs) {
    Optional<PendingBatch<B>> oldest = window.first(State.IN_FLIGHT);
    if (oldest.isPresent() && oldest.get().sentAtMs + settings.answerTimeoutMs() <= nowMs) {
      effects.abandonStream(streamEpoch);
      loseStream();
    }
  }

  private void loseStream() {
    if (connected) {
      connected = false;
      resumeNeeded = false;
      window.forEach(PendingBatch::losesItsStream);
      window.rewind();
    }
  }

  /** Decides how to go on, now that nothing is in flight. */
  private void settle(long nowMs) {
    Optional<MillraceError> newIdentityReason =
        identity.isPresent() ? closeGap() : Optional.empty();
    Optional<PendingBatch<B>> hole = window.first(State.FAILED);
    window.dropSettled();
    if (newIdentityReason.isPresent()) {
      phase = Phase.AWAITING_IDENTITY;
      backOff = false;
      effects.needIdentity(newIdentityReason.get());
      return;
    }
    if (identity.isPresent() && hole.isPresent()) {
      renumber(hole.get().sequence.baseSequence());
    }
    phase = backOff ? Phase.BACKING_OFF : Phase.SENDING;
    if (backOff) {
      backOff = false;
      retryAtMs = nowMs + nextBackoffMs();
    }
  }

  /** Gives up what must not be sent again; tells why a new identity is needed, if one is. */
  private Optional<MillraceError> closeGap() {
    Optional<MillraceError> gap = gapBeforeTheOldest();
    boolean given = window.first(State.FAILED).isPresent();
    if (gap.isEmpty() && !given) {
      return Optional.empty();
    }
    boolean[] doubt = {false};
    window.forEach(
        batch -> {
          if (batch.is(State.WAITING) && batch.inDoubt) {
            fail(batch, gap.orElseGet(ProducerSession::outcomeUnknown));
          }
          doubt[0] |= batch.is(State.FAILED) && batch.inDoubt;
        });
    return gap.isPresent() || !doubt[0] ? gap : Optional.of(outcomeUnknown());
  }

  /**
   * OUT_OF_ORDER_SEQUENCE for the oldest batch: everything before it was acknowledged, so the
   * broker has lost some of it. For a later batch it only says that an older one was not appended.
   */
  private Optional<MillraceError> gapBeforeTheOldest() {
    return window
        .firstUnsettled()
        .flatMap(batch -> Optional.ofNullable(batch.refusal))
        .filter(error -> Refusal.of(error.code(), true) == Refusal.GAP);
  }

  private static MillraceError outcomeUnknown() {
    return new MillraceError(
        ErrorCode.OUTCOME_UNKNOWN,
        "an earlier batch of the partition was given up while this one may have been appended");
  }

  private void renumber(int firstSequence) {
    nextSequence = firstSequence;
    window.dropSettled();
    window.forEach(this::assignSequence);
    resumeNeeded = connected;
  }

  private long nextBackoffMs() {
    int doublings = Math.min(failures++, 30);
    long full =
        Math.min(settings.retryBackoffMaxMs(), Math.max(1, settings.retryBackoffMs()) << doublings);
    return Math.min(
        settings.retryBackoffMaxMs(), (long) (full * (0.8 + 0.4 * jitter.getAsDouble())));
  }

  private void askForTimer() {
    long due = phase == Phase.BACKING_OFF ? retryAtMs : NEVER;
    Optional<PendingBatch<B>> oldest = window.firstUnsettled();
    if (oldest.isPresent()) {
      due = Math.min(due, oldest.get().deadlineMs);
    } else if (!ready.isEmpty()) {
      due = Math.min(due, ready.element().deadlineMs);
    }
    Optional<PendingBatch<B>> inFlight = window.first(State.IN_FLIGHT);
    if (inFlight.isPresent()) {
      due = Math.min(due, inFlight.get().sentAtMs + settings.answerTimeoutMs());
    }
    if (due < timerAtMs) {
      timerAtMs = due;
      effects.setTimer(due);
    }
  }
}
