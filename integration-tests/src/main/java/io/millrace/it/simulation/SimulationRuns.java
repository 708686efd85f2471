package io.millrace.it.simulation;

import io.millrace.it.simulation.Simulation.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Many runs, on a few threads that share nothing but the next seed. Stops at the first failure.
 * Used once, by one thread.
 */
final class SimulationRuns {
  /** What a failing seed is run again by. */
  private static final String REPLAY =
      "./mvnw -pl integration-tests -am test -Dtest=SimulationTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.seeds=";

  private final SeedRange seeds;
  private final Set<Model> models;
  private final Optional<PlantedBug> bug;
  private final LongConsumer progress;
  private final AtomicLong next;
  private final AtomicReference<FailedSeed> failed = new AtomicReference<>();
  private final SimulationStats total = new SimulationStats();

  /** A seed that failed. */
  record FailedSeed(long seed, Failure failure) {
    /** For a person: what happened last, what was found, how to see it again. */
    String describe() {
      return String.join("\n", failure.trace())
          + "\n\nseed "
          + seed
          + ": "
          + failure.what()
          + "\nrun it again: "
          + REPLAY
          + seed;
    }
  }

  /**
   * Runs to come.
   *
   * @param models what each seed plays, one after the other
   * @param bug what is planted, if anything
   * @param progress told how many runs are done, now and then, on any of the threads
   */
  SimulationRuns(
      SeedRange seeds, Set<Model> models, Optional<PlantedBug> bug, LongConsumer progress) {
    this.seeds = seeds;
    this.models = models;
    this.bug = bug;
    this.progress = progress;
    this.next = new AtomicLong(seeds.from());
  }

  /** Runs them. */
  Optional<FailedSeed> run(int threads) {
    silenceLogs();
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      Thread helper = new Thread(this::runSome, "simulation-" + i);
      helper.start();
      helpers.add(helper);
    }
    runSome();
    for (Thread helper : helpers) {
      join(helper);
    }
    return Optional.ofNullable(failed.get());
  }

  /** What brokers and controllers log says nothing that the trace does not. */
  static void silenceLogs() {
    Configurator.setLevel("io.millrace.broker", Level.OFF);
    Configurator.setLevel("io.millrace.metadata", Level.OFF);
  }

  /** What the runs went through. */
  SimulationStats total() {
    return total;
  }

  private void runSome() {
    SimulationStats mine = new SimulationStats();
    while (failed.get() == null) {
      long seed = next.getAndIncrement();
      if (seed > seeds.to()) {
        break;
      }
      runOne(seed, models, bug, mine)
          .ifPresent(failure -> failed.compareAndSet(null, new FailedSeed(seed, failure)));
      progress.accept(seed - seeds.from() + 1);
    }
    synchronized (total) {
      total.addSums(mine);
    }
  }

  /** Runs a seed, up to the first model that fails. */
  static Optional<Failure> runOne(
      long seed, Set<Model> models, Optional<PlantedBug> bug, SimulationStats stats) {
    return models.stream()
        .sorted()
        .flatMap(model -> model.run(seed, bug, stats).stream())
        .findFirst();
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
