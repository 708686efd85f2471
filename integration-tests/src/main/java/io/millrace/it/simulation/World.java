package io.millrace.it.simulation;

import io.millrace.common.FlushMode;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.time.VirtualTime;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What everybody in a run shares. Confined to the simulation's thread. The node is one of a list,
 * so that several can follow.
 */
final class World implements ClientWorld {
  private final VirtualTime time = new VirtualTime();
  private final Trace trace = new Trace(time);
  private final SimulationStats stats = new SimulationStats();
  private final Batches batches = new Batches();
  private final List<PartitionLedger> ledgers = new ArrayList<>();
  private final List<SimulatedMachine> machines = new ArrayList<>();
  private final SimulationSetup setup;
  private final SimulatedNetwork network;
  private final Plants plants;

  private final int[] leaderEpochs;
  private boolean healed;

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

  @Override
  public VirtualTime time() {
    return time;
  }

  @Override
  public Trace trace() {
    return trace;
  }

  @Override
  public Batches batches() {
    return batches;
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

  @Override
  public Plants plants() {
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

  @Override
  public long wallMs() {
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

  @Override
  public Optional<Connection> connect(int partition, SimulatedNetwork.Client client) {
    return liveNode().map(node -> network.connect(node, client));
  }

  /** There is but one node. */
  @Override
  public boolean hasMoved(int partition, Connection from) {
    return false;
  }

  @Override
  public int rememberedBatches() {
    return setup.rememberedBatches();
  }

  @Override
  public long endOfTroubleMs() {
    return setup.endOfTroubleMs();
  }

  @Override
  public long deliveryTimeoutMs(SplittableRandom random) {
    return random.nextInt(3) == 0 ? 150 : 800;
  }

  @Override
  public void acknowledged(int partition, SimulatedBatch batch, BatchOutcome.Acknowledged told) {
    ledger(partition).acknowledged(batch, told);
  }

  @Override
  public void refused(int partition, SimulatedBatch batch) {
    ledger(partition).refused(batch);
  }

  /** The batch of an id, if one was sent under it. */
  Optional<SimulatedBatch> batch(int id) {
    return batches.find(id);
  }

  /** Whether both batches were sent once, on the same stream: then their order is settled. */
  boolean sentOnceTogether(SimulatedBatch one, SimulatedBatch other) {
    return batches.sentOnceTogether(one, other);
  }
}
