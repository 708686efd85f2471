package io.millrace.it.simulation;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.time.VirtualTime;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import io.millrace.metadata.image.PartitionImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/** What everybody in a run of a cluster shares. Confined to the simulation's thread. */
final class ClusterWorld implements ClientWorld {
  /** Counts nothing. */
  private static final ReplicationMetrics METRICS =
      new ReplicationMetrics(new CompositeMeterRegistry());

  private static final long LEAST_TROUBLE_MS = 500;

  private static final MillraceError NO_REPLICA =
      new MillraceError(ErrorCode.NOT_LEADER, "this broker has no replica of the partition");

  private final VirtualTime time = new VirtualTime();
  private final ClusterSetup setup;
  private final SplittableRandom random;
  private final ControllerWorld controllers;
  private final SimulatedNetwork network;
  private final MetadataFeed feed;
  private final CommandRoute commands;
  private final ClusterBugs bugs;
  private final Plants plants = new Plants(Optional.empty());
  private final Cuts cuts = new Cuts();
  private final Batches batches = new Batches();
  private final ClusterStats stats = new ClusterStats();
  private final TopicConfigurations configs = new TopicConfigurations();
  private final List<ControllerNode> nodes = new ArrayList<>();
  private final List<ClusterMachine> machines = new ArrayList<>();
  private final List<ReplicaLedger> ledgers = new ArrayList<>();
  private long endOfTroubleMs;
  private boolean healed;

  ClusterWorld(ClusterSetup setup, SplittableRandom random, Optional<PlantedBug> bug) {
    this.setup = setup;
    this.endOfTroubleMs = setup.endOfTroubleMs();
    this.random = random;
    this.controllers = new ControllerWorld(time, random.split(), bug);
    this.network =
        new SimulatedNetwork(time, random.split(), controllers.trace(), setup.maxDelayMicros());
    this.feed = new MetadataFeed(controllers.invariants());
    this.commands = new CommandRoute(this, random.split(), controllers);
    this.bugs = new ClusterBugs(bug);
    for (ClusterSetup.Topic topic : setup.topics()) {
      ledgers.add(new ReplicaLedger(this, topic.number()));
    }
    feed.add(new LedgerFeed(this));
  }

  /** Tells who there is. */
  void connect(
      List<ControllerNode> allNodes, List<ClusterMachine> allMachines, Runnable newElection) {
    nodes.addAll(allNodes);
    machines.addAll(allMachines);
    controllers.connect(nodes, id -> !isGone(id), newElection);
  }

  /** The topics are there: what is planned begins now, if late. */
  void begin() {
    endOfTroubleMs = Math.max(endOfTroubleMs, time.nowMs() + LEAST_TROUBLE_MS);
  }

  /** Whether the listener of a broker refuses connections. */
  private boolean isGone(int id) {
    ClusterMachine machine = machine(id);
    return machine.process().isEmpty()
        && !machine.isOff()
        && cuts.isOpenBothWays(Cuts.CONTROLLERS, id);
  }

  ClusterSetup setup() {
    return setup;
  }

  ControllerWorld controllers() {
    return controllers;
  }

  SimulatedNetwork network() {
    return network;
  }

  MetadataFeed feed() {
    return feed;
  }

  Cuts cuts() {
    return cuts;
  }

  ClusterBugs bugs() {
    return bugs;
  }

  ClusterStats stats() {
    return stats;
  }

  TopicConfigurations configs() {
    return configs;
  }

  ReplicationMetrics metrics() {
    return METRICS;
  }

  MillraceError noReplica() {
    return NO_REPLICA;
  }

  ClusterMachine machine(int id) {
    return machines.get(id - 1);
  }

  List<ClusterMachine> machines() {
    return machines;
  }

  ReplicaLedger ledger(int number) {
    return ledgers.get(number);
  }

  List<ReplicaLedger> ledgers() {
    return ledgers;
  }

  /** The newest committed state of a topic's partition. */
  Optional<PartitionImage> partition(int number) {
    return feed.newest().topic("t" + number).map(topic -> topic.partitions().get(0));
  }

  /** Whether the metadata say that this process is the broker's. */
  boolean isRegistered(int broker, Optional<UUID> process) {
    return feed.newest()
        .broker(broker)
        .map(known -> known.registration().incarnationId())
        .equals(process);
  }

  boolean isHealed() {
    return healed;
  }

  /** From now on nothing goes wrong. */
  void heal() {
    healed = true;
    controllers.calm();
    controllers.heal();
    cuts.mendAll();
    network.heal();
    network.routesChanged();
  }

  /** Some connections break now, others only when their ends give them up. */
  void breakSome(SplittableRandom drawing) {
    for (Connection connection : List.copyOf(network.connections())) {
      if (drawing.nextInt(4) == 0) {
        connection.breakDown();
      }
    }
  }

  // ---- controllers

  long metadataDelayMs() {
    return controllers.delayMs();
  }

  Optional<ControllerNode> controller(int id) {
    return nodes.stream().filter(node -> node.id() == id).findFirst();
  }

  Optional<ControllerNode> activeController() {
    return nodes.stream().filter(ControllerNode::isActive).findFirst();
  }

  /** The way of the brokers' commands to the controllers. */
  CommandRoute commands() {
    return commands;
  }

  /** A broker's connections to the controllers are closed. */
  void tellDisconnected(int broker, long epoch) {
    if (cuts.isOpen(broker, Cuts.CONTROLLERS)) {
      time.schedule(
          controllers.delayMs(),
          () -> activeController().ifPresent(node -> node.disconnected(broker, epoch)));
    }
  }

  // ---- clients

  @Override
  public VirtualTime time() {
    return time;
  }

  @Override
  public Trace trace() {
    return controllers.trace();
  }

  @Override
  public Plants plants() {
    return plants;
  }

  @Override
  public Batches batches() {
    return batches;
  }

  @Override
  public long wallMs() {
    return machines.get(0).clock().wallMs();
  }

  /** Clients know the newest leader, or ask anybody. */
  private int leaderForClients(int partition) {
    int leader = partition(partition).map(PartitionImage::leader).orElse(0);
    return leader == PartitionImage.NO_BROKER ? 1 + random.nextInt(machines.size()) : leader;
  }

  @Override
  public Optional<Connection> connect(int partition, SimulatedNetwork.Client client) {
    int leader = leaderForClients(partition);
    if (!cuts.isOpenBothWays(Cuts.CLIENTS, leader)) {
      return Optional.empty();
    }
    return machine(leader)
        .process()
        .filter(ClusterProcess::serves)
        .map(process -> network.connect(process, client, cuts.route(Cuts.CLIENTS, leader)));
  }

  @Override
  public boolean hasMoved(int partition, Connection from) {
    int leader = partition(partition).map(PartitionImage::leader).orElse(0);
    return leader != PartitionImage.NO_BROKER
        && machine(leader).process().filter(from::leadsTo).isEmpty();
  }

  @Override
  public int rememberedBatches() {
    return setup.rememberedBatches();
  }

  @Override
  public long endOfTroubleMs() {
    return endOfTroubleMs;
  }

  @Override
  public long deliveryTimeoutMs(SplittableRandom drawing) {
    return switch (drawing.nextInt(4)) {
      case 0 -> 300;
      case 1 -> 1_500;
      default -> 30_000;
    };
  }

  @Override
  public void acknowledged(int partition, SimulatedBatch batch, BatchOutcome.Acknowledged told) {
    // Looked at where the broker answers.
  }

  @Override
  public void refused(int partition, SimulatedBatch batch) {
    ledger(partition).refused(batch);
  }
}
