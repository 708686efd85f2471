package io.millrace.client.internal;

import java.util.Arrays;

/**
 * How many records the last frames of a stream have whose frames are answered only if they fail.
 * Confined to the producer's thread.
 */
final class FrameRecords {
  /** A refusal comes soon after its frame; of older ones it is not known how many records fail. */
  static final int FRAMES_MAX = 1 << 16;

  private static final int FIRST_FRAMES = 64;

  /** At a frame's id modulo the length, a power of two; 0 once it was refused. */
  private int[] records = new int[FIRST_FRAMES];

  /** Frames have the ids from 1 on. */
  private long lastFrameId;

  /** The stream's next frame is put on it. */
  void sent(long frameId, int recordCount) {
    if (frameId != lastFrameId + 1) {
      throw new IllegalArgumentException(
          "frame: " + frameId + " (expected: " + (lastFrameId + 1) + ")");
    }
    if (frameId > records.length && records.length < FRAMES_MAX) {
      // Until then no place was used twice: every frame goes to where it would be anyway.
      int first = records[0];
      int length = records.length;
      records = Arrays.copyOf(records, 2 * length);
      records[0] = 0;
      records[length] = first;
    }
    lastFrameId = frameId;
    records[place(frameId)] = recordCount;
  }

  /** How many records a refusal fails: at least so many, if the frame is known no more. */
  int refused(long frameId) {
    if (frameId < 1 || frameId > lastFrameId || frameId <= lastFrameId - records.length) {
      return 1;
    }
    int count = records[place(frameId)];
    records[place(frameId)] = 0;
    return count;
  }

  private int place(long frameId) {
    return (int) (frameId & (records.length - 1));
  }
}
