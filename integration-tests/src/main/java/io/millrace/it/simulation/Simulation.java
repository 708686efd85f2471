package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One run: a function of its seed. Used once, on one thread.
 *
 * <p>First things go wrong for a while, then nothing does any more, and within a bounded time every
 * batch must have its outcome and every reader everything there is.
 */
final class Simulation {
  private static final int TRACE_LINES = 120;
  private static final int EVENTS = 500;
  private static final int FAULTS = 2;
  private static final long TROUBLE_EVERY_MS = 150;
  private static final long HEALING_MS = 20_000;

  private final World world;
  private final List<SimulatedProducer> producers = new ArrayList<>();
  private final List<SimulatedConsumer> consumers = new ArrayList<>();
  private final SimulatedMachine machine;

  /** Somebody found what must not be. */
  record Failure(String what, List<String> trace) {}

  private Simulation(long seed, Optional<PlantedBug> bug) {
    SplittableRandom random = new SplittableRandom(seed);
    world = new World(SimulationSetup.draw(random.split()), random.split(), new Plants(bug));
    machine = new SimulatedMachine(world, random.split());
    world.machines().add(machine);
    for (int i = 0; i < world.setup().producers(); i++) {
      producers.add(
          new SimulatedProducer(i, world, random.split(), world.setup().partitions().size()));
    }
    for (int i = 0; i < world.setup().consumers(); i++) {
      consumers.add(
          new SimulatedConsumer(i, world, random.split(), world.setup().partitions().size()));
    }
    machine.troubles().plan();
  }

  /** Runs a seed; tells what was found, if anything, and adds up what happened. */
  static Optional<Failure> run(long seed, Optional<PlantedBug> bug, SimulationStats total) {
    Simulation simulation = new Simulation(seed, bug);
    try {
      simulation.play();
      return Optional.empty();
    } catch (RuntimeException | AssertionError e) {
      return Optional.of(new Failure(describe(e), simulation.world.trace().tail(TRACE_LINES)));
    } finally {
      total.addRun(simulation.finishedStats());
    }
  }

  /** The sum of all events of a seed's run. */
  static long sumOf(long seed) {
    Simulation simulation = new Simulation(seed, Optional.empty());
    simulation.world.trace().sumUp();
    simulation.play();
    return simulation.world.trace().sum();
  }

  /** What was found, for a person. */
  static String describe(Throwable e) {
    if (e instanceof InvariantViolation) {
      return String.valueOf(e.getMessage());
    }
    StringBuilder text = new StringBuilder(e.toString());
    for (StackTraceElement element : e.getStackTrace()) {
      text.append("\n    at ").append(element);
    }
    return text.toString();
  }

  private void play() {
    machine.install();
    producers.forEach(each -> each.start(world.setup().batchesPerProducer()));
    consumers.forEach(SimulatedConsumer::start);
    runUntil(world.setup().endOfTroubleMs());
    goOnUntilEnoughHappened();
    world.heal();
    machine.faults().clear();
    long endMs = world.time().nowMs() + HEALING_MS;
    while (!isSettled()) {
      require(
          world.time().nowMs() < endMs && world.time().runNext(),
          "%d ms after everything was healed: %s",
          HEALING_MS,
          unsettled());
    }
    world.ledgers().forEach(PartitionLedger::checkAtEnd);
  }

  private void goOnUntilEnoughHappened() {
    long nextTroubleMs = world.time().nowMs();
    while (world.stats().faults() < FAULTS || world.time().executed() < EVENTS) {
      if (world.stats().faults() < FAULTS && world.time().nowMs() >= nextTroubleMs) {
        machine.troubles().oneMore();
        nextTroubleMs = world.time().nowMs() + TROUBLE_EVERY_MS;
      }
      world.time().runNext();
    }
  }

  private void runUntil(long ms) {
    while (world.time().nowMs() < ms && world.time().runNext()) {
      // Every task checks for itself.
    }
  }

  private boolean isSettled() {
    return machine.node().isPresent()
        && producers.stream().allMatch(SimulatedProducer::isIdle)
        && readersAreAtTheEnd();
  }

  private boolean readersAreAtTheEnd() {
    for (PartitionLedger ledger : world.ledgers()) {
      for (SimulatedConsumer consumer : consumers) {
        if (consumer.position(ledger.partition()) != ledger.endOffset()) {
          return false;
        }
      }
    }
    return true;
  }

  private String unsettled() {
    StringBuilder text = new StringBuilder();
    if (machine.node().isEmpty()) {
      text.append("the node is not up; ");
    }
    for (SimulatedProducer producer : producers) {
      if (!producer.isIdle()) {
        text.append(producer).append(" waits for answers; ");
      }
    }
    for (PartitionLedger ledger : world.ledgers()) {
      for (SimulatedConsumer consumer : consumers) {
        text.append(consumer)
            .append(" is at ")
            .append(consumer.position(ledger.partition()))
            .append(" of ")
            .append(ledger.endOffset())
            .append("; ");
      }
    }
    return text.toString();
  }

  private SimulationStats finishedStats() {
    SimulationStats stats = world.stats();
    stats.events = world.time().executed();
    stats.retries = world.batches().retries();
    stats.duplicates = world.batches().duplicates();
    for (PartitionLedger ledger : world.ledgers()) {
      stats.lostBatches += ledger.lostBatches();
      stats.appendedBatches += ledger.batches();
    }
    return stats;
  }
}
