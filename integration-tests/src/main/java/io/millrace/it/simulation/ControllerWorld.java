package io.millrace.it.simulation;

import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.simulated.SimulatedQuorum;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * What all parts of a run of controllers share: time, chance, the network between brokers and
 * controllers. Confined to the simulation's thread.
 */
final class ControllerWorld implements SimulatedQuorum.Chance {
  private final VirtualTime time;
  private final SplittableRandom random;
  private final Trace trace;
  private final ControllerStats stats = new ControllerStats();
  private final ControllerPlants plants;
  private final MetadataInvariants invariants;
  private List<ControllerNode> nodes = List.of();
  private List<BrokerActor> brokers = List.of();
  private IntPredicate running = id -> false;
  private Runnable election = () -> {};
  private final int maxEntryBytes;

  /** Whether nothing goes wrong any more. */
  private boolean well;

  /** Whether, besides, brokers that are down come back. */
  private boolean healed;

  /** Until when everything takes long. */
  private long slowUntilMs;

  ControllerWorld(VirtualTime time, SplittableRandom random, Optional<PlantedBug> bug) {
    this.time = time;
    this.random = random;
    this.trace = new Trace(time);
    this.plants = new ControllerPlants(bug);
    // So small that what happens to a broker takes several entries, more or less of them.
    this.maxEntryBytes = 512 + 256 * random.nextInt(3);
    this.invariants = new MetadataInvariants(this);
  }

  /**
   * Tells who there is.
   *
   * @param newElection makes some node the controller
   */
  void connect(List<ControllerNode> allNodes, List<BrokerActor> allBrokers, Runnable newElection) {
    connect(
        allNodes,
        id -> allBrokers.stream().anyMatch(broker -> broker.id() == id && broker.isUp()),
        newElection);
    brokers = allBrokers;
  }

  /**
   * Tells who there is.
   *
   * @param brokerRuns whether a process of the broker runs
   * @param newElection makes some node the controller
   */
  void connect(List<ControllerNode> allNodes, IntPredicate brokerRuns, Runnable newElection) {
    nodes = allNodes;
    running = brokerRuns;
    election = newElection;
  }

  /** Whether a process of the broker runs. */
  boolean runs(int broker) {
    return running.test(broker);
  }

  /** A change goes on in a further entry: a good moment for another controller. */
  void halfDone() {
    if (!well && random.nextInt(3) == 0) {
      time.schedule(1 + random.nextInt(8), election);
    }
  }

  VirtualTime time() {
    return time;
  }

  Trace trace() {
    return trace;
  }

  ControllerStats stats() {
    return stats;
  }

  ControllerPlants plants() {
    return plants;
  }

  MetadataInvariants invariants() {
    return invariants;
  }

  Optional<BrokerActor> broker(int id) {
    return brokers.stream().filter(broker -> broker.id() == id).findFirst();
  }

  int brokerCount() {
    return brokers.size();
  }

  int maxEntryBytes() {
    return maxEntryBytes;
  }

  boolean isWell() {
    return well;
  }

  boolean isHealed() {
    return healed;
  }

  /** From now on nothing goes wrong, but who is down stays down. */
  void calm() {
    well = true;
    trace.add("nothing goes wrong any more");
  }

  void heal() {
    healed = true;
    trace.add("everybody comes back");
  }

  /** For a while everything takes long, the log above all. */
  void slow(long durationMs) {
    trace.add("everything is slow for %d ms", durationMs);
    slowUntilMs = time.nowMs() + durationMs;
  }

  /** The image of some node: what a broker follows. */
  MetadataImage someImage() {
    return nodes.get(random.nextInt(nodes.size())).image();
  }

  /** The node that believes its controller to be active, or any. */
  ControllerNode someController() {
    List<ControllerNode> active = nodes.stream().filter(ControllerNode::isActive).toList();
    return active.isEmpty()
        ? nodes.get(random.nextInt(nodes.size()))
        : active.get(random.nextInt(active.size()));
  }

  /** Sends a command; it or its answer may be lost on the way. */
  void send(Command command, Consumer<CommandResult> answered) {
    if (lost()) {
      return;
    }
    ControllerNode to = someController();
    time.schedule(
        delayMs(),
        () ->
            to.submit(
                plants.sent(command),
                result -> {
                  if (!lost()) {
                    time.schedule(delayMs(), () -> answered.accept(result));
                  }
                }));
  }

  private boolean lost() {
    return !well && random.nextInt(25) == 0;
  }

  @Override
  public long delayMs() {
    if (time.nowMs() < slowUntilMs) {
      return 40L + random.nextInt(140);
    }
    return well || random.nextInt(20) != 0 ? 1 + random.nextInt(6) : random.nextInt(120);
  }

  @Override
  public SimulatedQuorum.Fate fate(MetadataEntry entry) {
    if (well) {
      return SimulatedQuorum.Fate.COMMITTED;
    }
    SimulatedQuorum.Fate fate =
        switch (random.nextInt(60)) {
          case 0 -> SimulatedQuorum.Fate.UNTOLD;
          case 1 -> SimulatedQuorum.Fate.LOST;
          case 2 -> SimulatedQuorum.Fate.LATE;
          default -> SimulatedQuorum.Fate.COMMITTED;
        };
    if (fate != SimulatedQuorum.Fate.COMMITTED) {
      trace.add("an entry from revision %d is %s", entry.getExpectedRevision(), fate);
      stats.oddEntries++;
    }
    return plants.fate(fate);
  }

  @Override
  public MetadataEntry proposed(MetadataEntry entry) {
    return plants.proposed(entry);
  }

  @Override
  public boolean snapshot() {
    return random.nextInt(4) == 0;
  }
}
