package io.millrace.common.producer;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A partition as S28 and S28b want it, in a page: one producer, no disk. */
final class ModelPartition {
  static final int REMEMBERED = 5;

  record Entry(int batch, int epoch, int sequence, int records) {}

  record Frame(long stream, long sendId, int batch, int epoch, int sequence, int records) {}

  final List<Entry> log = new ArrayList<>();
  private final Random random;
  private final Map<Long, Integer> failedStreams = new HashMap<>();
  private final int refusalPercent;

  ModelPartition(Random random, int refusalPercent) {
    this.random = random;
    this.refusalPercent = refusalPercent;
  }

  void resume(long stream, int sequence) {
    failedStreams.put(stream, sequence);
  }

  FrameResult produce(Frame frame) {
    Integer expected = failedStreams.get(frame.stream);
    if (expected != null && expected != frame.sequence) {
      return refused(ErrorCode.PREVIOUS_FRAME_FAILED);
    }
    failedStreams.remove(frame.stream);
    FrameResult result = decide(frame);
    if (result instanceof FrameResult.Refused) {
      failedStreams.put(frame.stream, Integer.MIN_VALUE);
    }
    return result;
  }

  private FrameResult decide(Frame frame) {
    if (random.nextInt(100) < refusalPercent) {
      return refused(
          random.nextInt(4) == 0 ? ErrorCode.BATCH_TOO_LARGE : ErrorCode.NOT_ENOUGH_REPLICAS);
    }
    for (int i = Math.max(0, log.size() - REMEMBERED); i < log.size(); i++) {
      Entry entry = log.get(i);
      if (entry.epoch == frame.epoch && entry.sequence == frame.sequence) {
        return maybeTimedOut(i, true);
      }
    }
    Entry last = log.isEmpty() ? null : log.get(log.size() - 1);
    if (last != null && frame.epoch < last.epoch) {
      return refused(ErrorCode.INVALID_PRODUCER_EPOCH);
    }
    boolean newEpoch = last == null || frame.epoch > last.epoch;
    int next = newEpoch ? 0 : BatchSequence.advance(last.sequence, last.records);
    if (frame.sequence != next && last != null) {
      return refused(ErrorCode.OUT_OF_ORDER_SEQUENCE);
    }
    log.add(new Entry(frame.batch, frame.epoch, frame.sequence, frame.records));
    return maybeTimedOut(log.size() - 1, false);
  }

  private FrameResult maybeTimedOut(int offset, boolean duplicate) {
    return random.nextInt(100) < refusalPercent
        ? refused(random.nextBoolean() ? ErrorCode.REQUEST_TIMED_OUT : ErrorCode.NOT_LEADER)
        : new FrameResult.Appended(offset, offset, -1, duplicate);
  }

  private static FrameResult refused(ErrorCode code) {
    return new FrameResult.Refused(new MillraceError(code, "refused by the model"));
  }
}
