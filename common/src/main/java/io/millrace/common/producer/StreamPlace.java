package io.millrace.common.producer;

/** The stream that a session sends on, as far as it knows. Owned by one session. */
final class StreamPlace {
  private boolean open;

  /** Names the open stream, or else the last one; -1 before the first. */
  private long epoch = -1;

  /** The most batches in the window; >= 1. */
  private int maxInFlight;

  /** Whether the next frame is to follow a ResumePartition; never without a stream. */
  private boolean resumeNeeded;

  StreamPlace(int maxInFlight) {
    this.maxInFlight = maxInFlight;
  }

  boolean isOpen() {
    return open;
  }

  boolean isOpen(long streamEpoch) {
    return open && streamEpoch == epoch;
  }

  long epoch() {
    return epoch;
  }

  int maxInFlight() {
    return maxInFlight;
  }

  void opened(long streamEpoch, int maxInFlightBatches) {
    epoch = streamEpoch;
    open = true;
    maxInFlight = Math.max(1, maxInFlightBatches);
  }

  void closed() {
    open = false;
    resumeNeeded = false;
  }

  /** The broker takes no frame of the partition until it is told where to resume. */
  void needsResume() {
    resumeNeeded = open;
  }

  /** Whether a ResumePartition is due; it counts as sent from here on. */
  boolean takeResume() {
    boolean due = resumeNeeded;
    resumeNeeded = false;
    return due;
  }
}
