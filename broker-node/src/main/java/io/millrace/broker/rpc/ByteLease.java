package io.millrace.broker.rpc;

/** What one call holds of a budget. Confined to the runs of its call. */
final class ByteLease {
  private final InFlightBytes budget;

  /** At least 0. */
  private long held;

  ByteLease(InFlightBytes budget) {
    this.budget = budget;
  }

  /** Takes more, unless others exhaust the budget. */
  boolean tryTake(long bytes) {
    if (!budget.tryGrow(bytes, held)) {
      return false;
    }
    held += bytes;
    return true;
  }

  /** Holds exactly so much from now on: what was taken was an estimate, or part of it is done. */
  void hold(long bytes) {
    if (bytes > held) {
      budget.add(bytes - held);
    } else if (bytes < held) {
      budget.release(held - bytes);
    }
    held = bytes;
  }

  /** Gives everything back. */
  void release() {
    hold(0);
  }
}
