package io.millrace.common.producer;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plays the owner of a session: writes down every effect as a line and drives the events. */
final class ScriptedOwner implements ProducerEffects<String> {
  static final ProducerIdentity IDENTITY = new ProducerIdentity(7, 0);

  final List<String> effects = new ArrayList<>();
  final Map<String, BatchOutcome> outcomes = new LinkedHashMap<>();
  final Map<String, Long> sendIds = new LinkedHashMap<>();
  final List<Long> refusedUnacknowledged = new ArrayList<>();

  /** What batches can be cut into. */
  final Map<String, List<BatchPart<String>>> parts = new LinkedHashMap<>();

  final ProducerSession<String> session;
  long nowMs = 1000;
  long timerAtMs = Long.MAX_VALUE;
  long stream;

  ScriptedOwner(ProducerSettings settings, Optional<ProducerIdentity> identity, int first) {
    session = new ProducerSession<>(settings, identity, first, () -> 0.5, this);
  }

  @Override
  public void sendFrame(long streamEpoch, long sendId, String batch, BatchSequence sequence) {
    sendIds.put(batch, sendId);
    effects.add("send " + batch + "@" + sequence.producerEpoch() + ":" + sequence.baseSequence());
  }

  @Override
  public void resume(long streamEpoch, int nextSequence) {
    effects.add("resume " + nextSequence);
  }

  @Override
  public List<BatchPart<String>> split(String batch, MillraceError error) {
    List<BatchPart<String>> into = parts.getOrDefault(batch, List.of());
    if (!into.isEmpty()) {
      effects.add("split " + batch);
    }
    return into;
  }

  @Override
  public void complete(String batch, BatchOutcome outcome) {
    if (outcomes.put(batch, outcome) != null) {
      throw new AssertionError(batch + " was completed twice");
    }
  }

  @Override
  public void refusedUnacknowledged(long sendId, MillraceError error) {
    refusedUnacknowledged.add(sendId);
  }

  @Override
  public void setTimer(long atMs) {
    timerAtMs = atMs;
  }

  @Override
  public void abandonStream(long streamEpoch) {
    effects.add("abandon");
  }

  @Override
  public void needIdentity(MillraceError reason) {
    effects.add("identity " + reason.code());
  }

  @Override
  public void ended(MillraceError error) {
    effects.add("ended " + error.code());
  }

  void offer(String... batches) {
    for (String batch : batches) {
      session.offer(batch, 10, nowMs);
    }
  }

  void open() {
    session.streamOpened(++stream, 64, false, nowMs);
  }

  void close() {
    session.streamClosed(stream, nowMs);
  }

  void acknowledge(String batch, long baseOffset) {
    answer(batch, new FrameResult.Appended(baseOffset, baseOffset + 9, -1, false));
  }

  void refuse(String batch, ErrorCode code) {
    answer(batch, new FrameResult.Refused(new MillraceError(code, "no")));
  }

  void answer(String batch, FrameResult result) {
    session.answered(stream, sendIds.get(batch), result, nowMs);
  }

  /** Moves the time on to the session's timer. */
  void waitForTimer() {
    nowMs = timerAtMs;
    session.tick(nowMs);
  }

  List<String> takeEffects() {
    List<String> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }
}
