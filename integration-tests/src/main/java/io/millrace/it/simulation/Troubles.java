package io.millrace.it.simulation;

import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.it.simulation.CrashingFileStore.LastChange;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Whatever goes wrong in a run, drawn and timed by the seed. Confined to the simulation's thread.
 */
final class Troubles {
  private final World world;
  private final SimulatedMachine machine;
  private final SplittableRandom random;

  Troubles(World world, SimulatedMachine machine, SplittableRandom random) {
    this.world = world;
    this.machine = machine;
    this.random = random;
  }

  /** Plans the faults of the run. */
  void plan() {
    for (int i = 0; i < world.setup().faults(); i++) {
      long atMs = random.nextLong(world.setup().endOfTroubleMs());
      world.time().schedule(atMs, this::strike);
    }
  }

  /** Something may go wrong while a process starts: a crash in the middle of recovery, say. */
  void atStart(SimulatedNode node) {
    if (world.isHealed() || world.time().nowMs() == 0) {
      return;
    }
    int drawn = random.nextInt(100);
    if (drawn < 12) {
      crashInTheMiddle(node);
    } else if (drawn < 18) {
      breakDisk(random.nextBoolean() ? Operation.READ : drawOperation());
    }
  }

  /** One more, now, for a run that has had too few. */
  void oneMore() {
    crashNow(Ending.POWER_LOST);
  }

  private void strike() {
    if (world.isHealed()) {
      return;
    }
    switch (random.nextInt(14)) {
      case 0, 1 -> crashNow(Ending.KILLED);
      case 2, 3 -> crashNow(Ending.POWER_LOST);
      case 4, 5, 6 -> machine.process().ifPresent(this::crashInTheMiddle);
      case 7 -> machine.process().ifPresent(SimulatedNode::close);
      case 8, 9 -> breakDisk(drawOperation());
      case 10 -> breakConnection();
      case 11 -> {
        world.trace().add("the disk is nearly full");
        machine.fillDisk(random.nextInt(600));
      }
      case 12 -> machine.process().ifPresent(SimulatedNode::changeLeaderEpoch);
      default -> {
        world.stats().clockJumps++;
        machine.process().ifPresent(SimulatedNode::observe);
        machine.clock().jump(random.nextInt(2_400_000) - 1_200_000);
      }
    }
  }

  private void crashNow(Ending ending) {
    machine.process().ifPresent(node -> machine.end(ending));
  }

  private void crashInTheMiddle(SimulatedNode node) {
    LastChange last =
        switch (random.nextInt(3)) {
          case 0 -> LastChange.DONE;
          case 1 -> LastChange.HALF_DONE;
          default -> LastChange.NOT_DONE;
        };
    Ending ending = random.nextBoolean() ? Ending.KILLED : Ending.POWER_LOST;
    int change = 1 + random.nextInt(random.nextBoolean() ? 6 : 40);
    world.trace().add("the node will crash at change %d (%s)", change, last);
    node.crashAt(change, last, ending);
  }

  private Operation drawOperation() {
    List<Operation> kinds =
        List.of(
            Operation.WRITE,
            Operation.FORCE,
            Operation.FORCE,
            Operation.RENAME,
            Operation.TRUNCATE,
            Operation.OPEN,
            Operation.FORCE_DIRECTORY);
    return kinds.get(random.nextInt(kinds.size()));
  }

  private void breakDisk(Operation kind) {
    int skipped = random.nextInt(6);
    world.trace().add("the disk will fail at %s %d", kind, skipped + 1);
    var condition = machine.faultOf(kind).skip(skipped);
    if (kind == Operation.WRITE && random.nextBoolean()) {
      condition.writeShort(random.nextInt(90));
    } else if (random.nextBoolean()) {
      condition.failOnce("Input/output error");
    } else {
      condition.failFromThenOn("No space left on device");
    }
  }

  private void breakConnection() {
    List<Connection> open = world.network().connections();
    if (!open.isEmpty()) {
      world.stats().brokenConnections++;
      Connection connection = open.get(random.nextInt(open.size()));
      if (random.nextBoolean()) {
        connection.breakDown();
      } else {
        connection.fallSilent();
      }
    }
  }
}
