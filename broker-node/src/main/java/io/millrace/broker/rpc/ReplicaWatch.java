package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.Registration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A follower's subscription whose partition's changes are signalled: of its log at once, of its
 * high watermark with them or a little later. Signals come on any thread; the rest is confined to
 * the stream's runs.
 */
final class ReplicaWatch {
  private enum State {
    QUIET,
    /** In the lane; somebody takes it out in time. */
    WAITING,
    /** In the lane, which was asked for a run. */
    CALLED
  }

  private final long subscription;
  private final ReplicaLane lane;
  private final AtomicReference<State> state = new AtomicReference<>(State.QUIET);
  private Registration appends = () -> {};
  private Registration advances = () -> {};

  ReplicaWatch(long subscription, ReplicaLane lane) {
    this.subscription = subscription;
    this.lane = lane;
  }

  long subscription() {
    return subscription;
  }

  void begin(PartitionHost partition) {
    appends = partition.onAppend(this::appended);
    advances = partition.onAdvance(this::advanced);
    state.set(State.CALLED);
    lane.signal(this);
  }

  void end() {
    appends.close();
    advances.close();
  }

  private void appended(Executor atEnd) {
    State before = state.getAndSet(State.CALLED);
    if (before == State.QUIET) {
      lane.signal(this, atEnd);
    } else if (before == State.WAITING) {
      lane.call(atEnd);
    }
  }

  private void advanced() {
    if (state.compareAndSet(State.QUIET, State.WAITING)) {
      lane.signalSoon(this);
    }
  }

  /** It was taken out of the lane: what changes from now on signals again. */
  void taken() {
    state.set(State.QUIET);
  }
}
