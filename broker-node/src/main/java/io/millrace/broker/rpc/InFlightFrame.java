package io.millrace.broker.rpc;

import java.util.concurrent.atomic.AtomicBoolean;

/** The bytes of a frame: part of the budget in flight, in a buffer that is lent. Thread-safe. */
final class InFlightFrame {
  /** What a frame takes besides its bytes, about: a flood of small frames is bounded as well. */
  static final long OVERHEAD_BYTES = 512;

  private final InFlightBytes budget;
  private final long bytes;
  private final Runnable release;
  private final AtomicBoolean gone = new AtomicBoolean();

  /**
   * Takes the bytes and the overhead from the budget.
   *
   * @param heldBytes the whole message's, or its buffer's: all of it lives as long as the batch
   * @param release gives the buffer back
   */
  InFlightFrame(InFlightBytes budget, int heldBytes, Runnable release) {
    this.budget = budget;
    this.bytes = heldBytes + OVERHEAD_BYTES;
    this.release = release;
    budget.add(bytes);
  }

  /** Nobody touches the bytes any more: gives back the buffer and the budget, once. */
  void giveBack() {
    if (gone.compareAndSet(false, true)) {
      release.run();
      budget.release(bytes);
    }
  }

  /** Gives back the budget only, for somebody may still touch the bytes. */
  void leave() {
    if (gone.compareAndSet(false, true)) {
      budget.release(bytes);
    }
  }
}
