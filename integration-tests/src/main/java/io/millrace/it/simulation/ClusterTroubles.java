package io.millrace.it.simulation;

import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.it.simulation.CrashingFileStore.LastChange;
import io.millrace.it.simulation.FaultProfile.Fault;
import io.millrace.it.simulation.PartitionLedger.Ending;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Whatever goes wrong in a run of a cluster, drawn and timed by the seed. Confined to the
 * simulation's thread.
 */
final class ClusterTroubles {
  private static final List<Operation> DISK_OPERATIONS =
      List.of(
          Operation.WRITE,
          Operation.WRITE,
          Operation.FORCE,
          Operation.FORCE,
          Operation.READ,
          Operation.RENAME,
          Operation.TRUNCATE,
          Operation.FORCE_DIRECTORY);

  private static final List<LastChange> LAST_CHANGES = List.of(LastChange.values());

  private final ClusterWorld world;
  private final SplittableRandom random;
  private final ClusterAdmin admin;

  ClusterTroubles(ClusterWorld world, SplittableRandom random, ClusterAdmin admin) {
    this.world = world;
    this.random = random;
    this.admin = admin;
  }

  /** Plans the faults of the run, from now on. */
  void plan() {
    long nowMs = world.time().nowMs();
    for (int i = 0; i < world.setup().faults(); i++) {
      long inMs = 100 + random.nextLong(world.endOfTroubleMs() - nowMs - 100);
      world.time().schedule(inMs, this::strike);
    }
  }

  /** One more, now, for a run that has had too few. */
  void strike() {
    if (world.isHealed()) {
      return;
    }
    switch (world.setup().profile().drawFault(random)) {
      case KILL -> crash(Ending.KILLED);
      case POWER_LOSS -> losePower();
      case CUT -> cut();
      case PAUSE -> pause();
      case DISK_ERROR -> breakDisk();
      case CHANGE -> {
        world.stats().count(Fault.CHANGE);
        admin.changeSomething();
      }
      case ORDERLY_STOP -> someMachine().process().ifPresent(ClusterProcess::stop);
    }
  }

  /** A leader more often than another one. */
  private ClusterMachine someMachine() {
    int topic = random.nextInt(world.ledgers().size());
    int leader = world.partition(topic).map(partition -> partition.leader()).orElse(0);
    return leader > 0 && random.nextBoolean()
        ? world.machine(leader)
        : world.machines().get(random.nextInt(world.machines().size()));
  }

  private void crash(Ending ending) {
    ClusterMachine machine = someMachine();
    if (machine.process().isEmpty()) {
      return;
    }
    world.stats().count(ending == Ending.KILLED ? Fault.KILL : Fault.POWER_LOSS);
    if (random.nextInt(3) == 0) {
      LastChange last = LAST_CHANGES.get(random.nextInt(LAST_CHANGES.size()));
      int change = 1 + random.nextInt(12);
      world.trace().add("broker %d will crash at change %d (%s)", machine.id(), change, last);
      machine.process().get().crashAt(change, last, ending);
    } else {
      machine.end(ending, ending == Ending.POWER_LOST && random.nextInt(8) == 0);
    }
  }

  /** Of one machine, or of several at about the same time. */
  private void losePower() {
    crash(Ending.POWER_LOST);
    if (random.nextInt(3) == 0) {
      for (int more = random.nextInt(world.machines().size()); more > 0; more--) {
        world.time().schedule(random.nextInt(200), () -> crashUnlessHealed(Ending.POWER_LOST));
      }
    }
  }

  private void crashUnlessHealed(Ending ending) {
    if (!world.isHealed()) {
      crash(ending);
    }
  }

  private void cut() {
    int one = someMachine().id();
    int other =
        switch (random.nextInt(4)) {
          case 0 -> Cuts.CONTROLLERS;
          case 1 -> Cuts.CLIENTS;
          default -> 1 + random.nextInt(world.machines().size());
        };
    if (one == other) {
      other = Cuts.CONTROLLERS;
    }
    world.stats().count(Fault.CUT);
    long forMs = 50L + random.nextInt(random.nextInt(3) == 0 ? 3_000 : 900);
    int ways = random.nextInt(3);
    if (ways != 0) {
      cut(one, other, forMs);
    }
    if (ways != 1) {
      cut(other, one, forMs);
    }
    if (random.nextInt(4) == 0) {
      isolate(one, forMs);
    }
    world.breakSome(random);
  }

  private void isolate(int node, long forMs) {
    for (int other = Cuts.CLIENTS; other <= world.machines().size(); other++) {
      if (other != node) {
        cut(node, other, forMs);
        cut(other, node, forMs);
      }
    }
  }

  private void cut(int from, int to, long forMs) {
    if (world.cuts().cut(from, to)) {
      world.trace().add("nothing gets from %d to %d for %d ms", from, to, forMs);
      world
          .time()
          .schedule(
              forMs,
              () -> {
                world.cuts().mend(from, to);
                world.network().routesChanged();
              });
    }
  }

  private void pause() {
    ClusterMachine machine = someMachine();
    machine
        .process()
        .filter(process -> !process.time().paused())
        .ifPresent(
            process -> {
              world.stats().count(Fault.PAUSE);
              long forMs = 50L + random.nextInt(random.nextInt(3) == 0 ? 400 : 2_500);
              world.trace().add("%s stands still for %d ms", process, forMs);
              process.time().pause();
              world.time().schedule(forMs, process.time()::resume);
            });
  }

  private void breakDisk() {
    world.stats().count(Fault.DISK_ERROR);
    ClusterMachine machine = someMachine();
    Operation kind = DISK_OPERATIONS.get(random.nextInt(DISK_OPERATIONS.size()));
    int skipped = random.nextInt(6);
    world.trace().add("the disk of broker %d will fail at %s %d", machine.id(), kind, skipped + 1);
    var condition = machine.faults().on(kind).skip(skipped);
    if (kind == Operation.WRITE && random.nextBoolean()) {
      condition.writeShort(random.nextInt(90));
    } else {
      condition.failFromThenOn("Input/output error");
    }
  }
}
