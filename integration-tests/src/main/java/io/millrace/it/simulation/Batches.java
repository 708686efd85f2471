package io.millrace.it.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** Every batch that producers send in a run. Confined to the simulation's thread. */
final class Batches {
  private final List<SimulatedBatch> batches = new ArrayList<>();

  /** By batch: the stream of its first attempt. */
  private long[] firstStreams = new long[256];

  /** By batch: how often it was sent. */
  private int[] attempts = new int[256];

  private long retries;
  private long duplicates;

  SimulatedBatch add(IntFunction<SimulatedBatch> make) {
    SimulatedBatch batch = make.apply(batches.size());
    batches.add(batch);
    return batch;
  }

  int count() {
    return batches.size();
  }

  /** The batch of an id, if one was sent under it. */
  Optional<SimulatedBatch> find(int id) {
    return id >= 0 && id < batches.size() ? Optional.of(batches.get(id)) : Optional.empty();
  }

  /** A producer sends a batch, for the first time or again. */
  void sent(SimulatedBatch batch, long stream) {
    if (batch.id() >= attempts.length) {
      attempts = Arrays.copyOf(attempts, 2 * batches.size());
      firstStreams = Arrays.copyOf(firstStreams, 2 * batches.size());
    }
    if (attempts[batch.id()]++ == 0) {
      firstStreams[batch.id()] = stream;
    } else {
      retries++;
    }
  }

  /** A frame is doubled on its way. */
  void doubled() {
    duplicates++;
  }

  long retries() {
    return retries;
  }

  long duplicates() {
    return duplicates;
  }

  /** Whether both batches were sent once, on the same stream: then their order is settled. */
  boolean sentOnceTogether(SimulatedBatch one, SimulatedBatch other) {
    return attempts[one.id()] == 1
        && attempts[other.id()] == 1
        && firstStreams[one.id()] == firstStreams[other.id()];
  }
}
