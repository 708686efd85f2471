package io.millrace.it.simulation;

import io.millrace.common.FlushMode;
import io.millrace.common.time.VirtualTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * What everybody in a run shares. Confined to the simulation's thread. The node is one of a list,
 * so that several can follow.
 */
final class World {
  private final VirtualTime time = new VirtualTime();
  private final Trace trace = new Trace(time);
  private final SimulationStats stats = new SimulationStats();
  private final List<SimulatedBatch> batches = new ArrayList<>();
  private final List<PartitionLedger> ledgers = new ArrayList<>();
  private final List<SimulatedMachine> machines = new ArrayList<>();
  private final SimulationSetup setup;
  private final SimulatedNetwork network;
  private final Plants plants;

  private final int[] leaderEpochs;
  private boolean healed;

  /** By batch: the stream of its first attempt. */
  private long[] firstStreams = new long[256];

  /** By batch: how often it was sent. */
  private int[] attempts = new int[256];

  World(SimulationSetup setup, SplittableRandom random, Plants plants) {
    this.setup = setup;
    this.plants = plants;
    this.network = new SimulatedNetwork(time, random.split(), trace, setup.maxDelayMicros());
    this.leaderEpochs = new int[setup.partitions().size()];
    for (int i = 0; i < setup.partitions().size(); i++) {
      FlushMode mode = setup.partitions().get(i).log().flushMode();
      ledgers.add(new PartitionLedger(i, mode == FlushMode.COMMIT, this));
    }
  }

  VirtualTime time() {
    return time;
  }

  Trace trace() {
    return trace;
  }

  SimulationStats stats() {
    return stats;
  }

  SimulationSetup setup() {
    return setup;
  }

  SimulatedNetwork network() {
    return network;
  }

  Plants plants() {
    return plants;
  }

  List<SimulatedMachine> machines() {
    return machines;
  }

  PartitionLedger ledger(int partition) {
    return ledgers.get(partition);
  }

  List<PartitionLedger> ledgers() {
    return ledgers;
  }

  /** The node that leads the partitions, if it is up. */
  Optional<SimulatedNode> liveNode() {
    return machines.get(0).node();
  }

  /** The time that a producer's machine shows. */
  long wallMs() {
    return machines.get(0).clock().wallMs();
  }

  /** The epoch of a partition's next leader, from 0. */
  int nextLeaderEpoch(int partition) {
    return leaderEpochs[partition]++;
  }

  /** Whether nothing goes wrong any more. */
  boolean isHealed() {
    return healed;
  }

  /** From now on nothing goes wrong. */
  void heal() {
    healed = true;
    trace.add("nothing goes wrong any more");
    network.heal();
  }

  SimulatedBatch newBatch(IntFunction<SimulatedBatch> make) {
    SimulatedBatch batch = make.apply(batches.size());
    batches.add(batch);
    return batch;
  }

  /** The batch of an id, if one was sent under it. */
  Optional<SimulatedBatch> batch(int id) {
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
      stats.retries++;
    }
  }

  /** Whether both batches were sent once, on the same stream: then their order is settled. */
  boolean sentOnceTogether(SimulatedBatch one, SimulatedBatch other) {
    return attempts[one.id()] == 1
        && attempts[other.id()] == 1
        && firstStreams[one.id()] == firstStreams[other.id()];
  }
}
