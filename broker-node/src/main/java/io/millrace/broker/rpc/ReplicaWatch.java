package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.Registration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A follower's subscription whose partition's advances are signalled. The signal comes on any
 * thread; the rest is confined to the stream's runs.
 */
final class ReplicaWatch {
  private final long subscription;
  private final ReplicaLane lane;

  /** Whether it waits in the lane. */
  private final AtomicBoolean signalled = new AtomicBoolean();

  private Registration registration = () -> {};

  ReplicaWatch(long subscription, ReplicaLane lane) {
    this.subscription = subscription;
    this.lane = lane;
  }

  long subscription() {
    return subscription;
  }

  void begin(PartitionHost partition) {
    registration = partition.onAppend(this::signal);
    signal();
  }

  void end() {
    registration.close();
  }

  private void signal() {
    if (signalled.compareAndSet(false, true)) {
      lane.signal(this);
    }
  }

  /** It was taken out of the lane: what advances from now on signals again. */
  void taken() {
    signalled.set(false);
  }
}
