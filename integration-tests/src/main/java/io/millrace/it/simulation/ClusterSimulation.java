package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.it.simulation.Simulation.Failure;
import io.millrace.metadata.simulated.SimulatedQuorum;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One run of a cluster with its controllers and clients: a function of its seed. Used once, on one
 * thread.
 *
 * <p>First things go wrong for a while, then nothing does any more, and within a bounded time every
 * partition must be led, every replica in sync, every log alike and every batch answered.
 */
final class ClusterSimulation {
  private static final int TRACE_LINES = 160;
  private static final int CONTROLLERS = 2;
  private static final int EVENTS = 1_000;
  private static final int FAULTS = 2;
  private static final long TROUBLE_EVERY_MS = 200;

  /** A question that is lost costs the session of a broker that starts 900 ms. */
  private static final long STARTING_MS = 12_000;

  private static final long HEALING_MS = 30_000;
  private static final long LOOK_EVERY_MS = 50;

  /** So long an administrator waits for disks to come back. */
  private static final long PATIENCE_MS = 4_000;

  private final ClusterWorld world;
  private final SplittableRandom random;
  private final SimulatedQuorum quorum;
  private final List<ControllerNode> nodes = new ArrayList<>();
  private final List<SimulatedProducer> producers = new ArrayList<>();
  private final List<SimulatedConsumer> consumers = new ArrayList<>();
  private final ClusterAdmin admin;
  private final ClusterTroubles troubles;

  private ClusterSimulation(long seed, Optional<PlantedBug> bug) {
    random = new SplittableRandom(seed);
    world = new ClusterWorld(ClusterSetup.draw(random.split()), random.split(), bug);
    quorum = new SimulatedQuorum(world.time(), world.controllers(), world.feed());
    // Of their own, so that a seed draws the rest as it does without.
    SplittableRandom rates = new SplittableRandom(~seed);
    for (int node = 1; node <= CONTROLLERS; node++) {
      NodeTime time = new NodeTime(world.time(), ClockRate.draw(rates));
      nodes.add(new ControllerNode(node, world.controllers(), quorum, random.split(), time));
    }
    List<ClusterMachine> machines = new ArrayList<>();
    for (int id = 1; id <= world.setup().brokers(); id++) {
      machines.add(new ClusterMachine(id, world, random.split(), ClockRate.draw(rates)));
    }
    world.connect(nodes, machines, this::electSomebody);
    admin = new ClusterAdmin(world, random.split());
    troubles = new ClusterTroubles(world, random.split(), admin);
    for (ClusterSetup.Topic topic : world.setup().topics()) {
      for (int i = 0; i < world.setup().producers(); i++) {
        int number = producers.size();
        producers.add(SimulatedProducer.to(topic.number(), number, world, random.split()));
      }
      int number = topic.number();
      consumers.add(SimulatedConsumer.of(number, number, world, random.split()));
    }
  }

  /** Runs a seed; tells what was found, if anything, and adds up what happened. */
  static Optional<Failure> run(long seed, Optional<PlantedBug> bug, SimulationStats total) {
    ClusterSimulation simulation = new ClusterSimulation(seed, bug);
    try {
      simulation.play();
      return Optional.empty();
    } catch (RuntimeException | AssertionError e) {
      return Optional.of(
          new Failure(Simulation.describe(e), simulation.world.trace().tail(TRACE_LINES)));
    } finally {
      total.clusters.addRun(simulation.finishedStats());
    }
  }

  /** The sum of all events of a seed's run. */
  static long sumOf(long seed) {
    ClusterSimulation simulation = new ClusterSimulation(seed, Optional.empty());
    simulation.world.trace().sumUp();
    simulation.play();
    return simulation.world.trace().sum();
  }

  private void play() {
    nodes.forEach(ControllerNode::start);
    electSomebody();
    world.machines().forEach(ClusterMachine::install);
    admin.makeTopics();
    while (!admin.allThere()) {
      require(
          world.time().nowMs() < STARTING_MS && step(),
          "the topics are not made in %d ms",
          STARTING_MS);
    }
    world.begin();
    producers.forEach(each -> each.start(world.setup().batchesPerProducer()));
    consumers.forEach(SimulatedConsumer::start);
    troubles.plan();
    runUntil(world.endOfTroubleMs());
    goOnUntilEnoughHappened();
    world.heal();
    world.machines().forEach(machine -> machine.faults().clear());
    settle();
    world.ledgers().forEach(ReplicaLedger::checkAtEnd);
  }

  private boolean step() {
    boolean more = world.time().runNext();
    if (!quorum.hasLeader()) {
      electSomebody();
    }
    return more;
  }

  private void runUntil(long ms) {
    while (world.time().nowMs() < ms && step()) {
      // Every task checks for itself.
    }
  }

  private void goOnUntilEnoughHappened() {
    while (world.stats().faultCount() < FAULTS || world.time().executed() < EVENTS) {
      if (world.stats().faultCount() < FAULTS) {
        troubles.strike();
      }
      runUntil(world.time().nowMs() + TROUBLE_EVERY_MS);
    }
  }

  private void settle() {
    long endMs = world.time().nowMs() + HEALING_MS;
    long lookMs = world.time().nowMs() + PATIENCE_MS;
    String what = unsettled();
    while (!what.isEmpty()) {
      require(
          world.time().nowMs() < endMs, "%d ms after everything was healed: %s", HEALING_MS, what);
      if (world.time().nowMs() >= lookMs) {
        lookMs += PATIENCE_MS;
        admin.mendWhatIsStuck();
        admin.restartWhoLacksADirectory();
      }
      runUntil(world.time().nowMs() + LOOK_EVERY_MS);
      what = unsettled();
    }
  }

  /** What is not as it should be; empty if all is. */
  private String unsettled() {
    StringBuilder text = new StringBuilder();
    for (ReplicaLedger ledger : world.ledgers()) {
      text.append(ledger.unsettled());
    }
    for (SimulatedProducer producer : producers) {
      if (!producer.isIdle()) {
        text.append(producer).append(" waits for answers; ");
      }
    }
    for (ReplicaLedger ledger : world.ledgers()) {
      long at = consumers.get(ledger.number()).position(ledger.number());
      if (at != ledger.committedEnd()) {
        text.append("the reader of ").append(ledger).append(" is at ").append(at).append("; ");
      }
    }
    return text.toString();
  }

  private void electSomebody() {
    world.trace().add("another controller is elected");
    quorum.elect(1 + random.nextInt(CONTROLLERS));
  }

  private ClusterStats finishedStats() {
    ClusterStats stats = world.stats();
    stats.events = world.time().executed();
    stats.retries = world.batches().retries();
    return stats;
  }
}
