package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.simulated.SimulatedQuorum;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One run of several controllers and the brokers they watch: a function of its seed. Used once, on
 * one thread.
 *
 * <p>First things go wrong for a while: controllers are deposed and restarted, entries of the log
 * are lost or come late, brokers die, lose their disks and come back, leaders change their ISR, an
 * administrator changes topics. Then nothing goes wrong any more but that brokers stay down, and
 * the controller that is active at the time must come to terms with it, without another one that
 * looks after it. At last all come back, and within a bounded time everything must be as it should.
 */
final class ControllerSimulation {
  private static final int TRACE_LINES = 120;
  private static final int NODES = 3;
  private static final long TROUBLE_MS = 6_000;
  private static final long HEALING_MS = 20_000;
  private static final long TROUBLE_EVERY_MS = 180;

  /** How long after the last trouble nothing may be left undone. */
  private static final long CALM_MS = 3_000;

  private static final long SLOW_MS = 700;

  /** To look whether all is settled takes longer than what happens in the meantime. */
  private static final long LOOK_EVERY_MS = 20;

  private final ControllerWorld world;
  private final SplittableRandom random;
  private final List<ControllerNode> nodes = new ArrayList<>();
  private final List<BrokerActor> brokers = new ArrayList<>();
  private final AdminActor admin;
  private final SimulatedQuorum quorum;

  private ControllerSimulation(long seed, Optional<PlantedBug> bug) {
    random = new SplittableRandom(seed);
    world = new ControllerWorld(new VirtualTime(), random.split(), bug);
    quorum = new SimulatedQuorum(world.time(), world, world.invariants());
    world.connect(nodes, brokers, this::electSomebody);
    for (int node = 1; node <= NODES; node++) {
      nodes.add(
          new ControllerNode(
              node, world, quorum, random.split(), new NodeTime(world.time(), ClockRate.EVEN)));
    }
    int count = 3 + random.nextInt(2);
    for (int id = 1; id <= count; id++) {
      brokers.add(new BrokerActor(id, world, random.split()));
    }
    admin = new AdminActor(world, random.split());
    world.invariants().watch(admin);
  }

  /** Runs a seed; tells what was found, if anything, and adds up what happened. */
  static Optional<Simulation.Failure> run(
      long seed, Optional<PlantedBug> bug, SimulationStats total) {
    ControllerSimulation simulation = new ControllerSimulation(seed, bug);
    try {
      simulation.play();
      return Optional.empty();
    } catch (RuntimeException | AssertionError e) {
      return Optional.of(
          new Simulation.Failure(
              Simulation.describe(e), simulation.world.trace().tail(TRACE_LINES)));
    } finally {
      total.addControllerRun(simulation.world.stats());
    }
  }

  /** The sum of all events of a seed's run. */
  static long sumOf(long seed) {
    ControllerSimulation simulation = new ControllerSimulation(seed, Optional.empty());
    simulation.world.trace().sumUp();
    simulation.play();
    return simulation.world.trace().sum();
  }

  private void play() {
    nodes.forEach(ControllerNode::start);
    electSomebody();
    brokers.forEach(BrokerActor::start);
    admin.start();
    long nextTroubleMs = TROUBLE_EVERY_MS;
    while (world.time().nowMs() < TROUBLE_MS && world.time().runNext()) {
      if (world.time().nowMs() >= nextTroubleMs) {
        nextTroubleMs = world.time().nowMs() + TROUBLE_EVERY_MS;
        trouble();
      }
    }
    calm();
    heal();
    long endMs = world.time().nowMs() + HEALING_MS;
    while (!isSettled()) {
      long nextLookMs = world.time().nowMs() + LOOK_EVERY_MS;
      while (world.time().nowMs() < nextLookMs) {
        if (world.time().nowMs() >= endMs || !world.time().runNext()) {
          require(false, "%d ms after everything was healed: %s", HEALING_MS, unsettled());
        }
        if (!quorum.hasLeader()) {
          electSomebody();
        }
      }
    }
    world.invariants().checkAtEnd(quorum.replayed(), admin);
  }

  private void trouble() {
    switch (random.nextInt(8)) {
      case 0, 1 -> electSomebody();
      case 2 -> nodes.get(random.nextInt(nodes.size())).restart();
      case 3, 4, 5 -> brokers.get(random.nextInt(brokers.size())).trouble();
      case 6 -> {
        if (random.nextInt(3) == 0) {
          world.slow(random.nextLong(SLOW_MS));
        }
      }
      default -> {
        if (!quorum.hasLeader()) {
          electSomebody();
        }
      }
    }
  }

  /** Brokers die at the last moment, while everything may be slow. */
  private void calm() {
    if (random.nextBoolean()) {
      world.slow(SLOW_MS + 600);
    }
    for (int dead = random.nextInt(3); dead > 0; dead--) {
      brokers.get(random.nextInt(brokers.size())).kill();
    }
    world.calm();
    long endMs = world.time().nowMs() + CALM_MS;
    while (world.time().nowMs() < endMs && world.time().runNext()) {
      if (!quorum.hasLeader()) {
        electSomebody();
      }
    }
    world.invariants().checkCalm(CALM_MS);
  }

  private void electSomebody() {
    int node = 1 + random.nextInt(nodes.size());
    world.trace().add("node %d is elected", node);
    world.stats().elections++;
    quorum.elect(node);
  }

  private void heal() {
    world.heal();
    brokers.forEach(BrokerActor::heal);
    electSomebody();
  }

  private boolean isSettled() {
    return admin.isDone()
        && brokers.stream().allMatch(BrokerActor::isLeading)
        && world.invariants().isSettled(nodes);
  }

  private String unsettled() {
    return "admin " + admin + ", brokers " + brokers + ", " + world.invariants().unsettled(nodes);
  }
}
