package io.millrace.it.simulation;

import io.millrace.it.simulation.Simulation.Failure;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a seed plays. */
enum Model {
  /** A node with its clients. */
  NODE,
  /** Several controllers with their brokers. */
  CONTROLLERS,
  /** A cluster with its controllers and clients. */
  CLUSTERS;

  /** Those that can play the bug, or all. */
  static Set<Model> playing(Optional<PlantedBug> bug) {
    return bug.isEmpty() ? EnumSet.allOf(Model.class) : EnumSet.of(bug.get().model());
  }

  /**
   * The one that is called so.
   *
   * @throws IllegalArgumentException if none is
   */
  static Model parse(String name) {
    for (Model model : values()) {
      if (model.name().toLowerCase(Locale.ROOT).equals(name)) {
        return model;
      }
    }
    throw new IllegalArgumentException(
        "unknown model '" + name + "' (expected: node, controllers, clusters)");
  }

  Optional<Failure> run(long seed, Optional<PlantedBug> bug, SimulationStats stats) {
    return switch (this) {
      case NODE -> Simulation.run(seed, bug, stats);
      case CONTROLLERS -> ControllerSimulation.run(seed, bug, stats);
      case CLUSTERS -> ClusterSimulation.run(seed, bug, stats);
    };
  }

  /** The sum of all events of a seed's run: the same each time, on whatever machine. */
  long sumOf(long seed) {
    return switch (this) {
      case NODE -> Simulation.sumOf(seed);
      case CONTROLLERS -> ControllerSimulation.sumOf(seed);
      case CLUSTERS -> ClusterSimulation.sumOf(seed);
    };
  }
}
