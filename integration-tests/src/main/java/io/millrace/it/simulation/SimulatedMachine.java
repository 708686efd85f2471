package io.millrace.it.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.broker.log.dir.DataDirException;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.it.simulation.PartitionLedger.Ending;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A machine: its disk, its clock, and the process that runs on it, if one does. Confined to the
 * simulation's thread.
 */
final class SimulatedMachine {
  private static final List<Path> DATA = List.of(Path.of("/data"), Path.of("/data-1"));
  private static final String CLUSTER = "simulated";

  private final World world;
  private final SplittableRandom random;
  private final SimulatedClock clock;
  private final FaultPlan faults = new FaultPlan();
  private final Troubles troubles;
  private MemoryFileStore disk = new MemoryFileStore();
  private int boot = 1;
  private Optional<SimulatedNode> node = Optional.empty();

  SimulatedMachine(World world, SplittableRandom random) {
    this.world = world;
    this.random = random;
    this.clock =
        new SimulatedClock(world.time(), random.nextLong(1L << 40), random.nextInt(401) - 200);
    this.troubles = new Troubles(world, this, random.split());
  }

  /** What goes wrong here. */
  Troubles troubles() {
    return troubles;
  }

  SimulatedClock clock() {
    return clock;
  }

  /** The process, while it serves. */
  Optional<SimulatedNode> node() {
    return node.filter(SimulatedNode::serves);
  }

  /** The process, also while it starts or its disk has failed. */
  Optional<SimulatedNode> process() {
    return node;
  }

  /** From now on the disk takes only so many bytes more, until somebody sees to it. */
  void fillDisk(long bytesLeft) {
    long usedBytes = Long.MAX_VALUE - disk.usableSpace(DATA.get(0));
    disk.limitTo(usedBytes + bytesLeft);
  }

  /** What goes wrong with the disk. */
  FaultPlan faults() {
    return faults;
  }

  /** A fault of one of the data directories to come. */
  FaultPlan.Condition faultOf(Operation kind) {
    FaultPlan.Condition condition = faults.on(kind);
    int directories = world.setup().directories();
    return directories == 1
        ? condition
        : condition.path("{%1$s,%1$s/**}".formatted(DATA.get(random.nextInt(directories))));
  }

  /** Prepares the disk as an operator would, and starts the process. */
  void install() {
    try {
      for (DataDirOpening opening : openings(disk)) {
        opening.format(UUID.nameUUIDFromBytes(opening.path().toString().getBytes(UTF_8)));
      }
    } catch (DataDirException e) {
      throw new InvariantViolation("an empty disk can't be formatted: " + e);
    }
    start();
  }

  /** Starts the process, now. */
  void start() {
    CrashingFileStore door = new CrashingFileStore(new FaultyFileStore(disk, faults), disk::giveUp);
    FileStore store = world.plants().disk(door);
    SimulatedNode started = new SimulatedNode(world, this, random.split(), door);
    node = Optional.of(started);
    troubles.atStart(started);
    started.start(openings(store));
  }

  private List<DataDirOpening> openings(FileStore store) {
    return DATA.stream()
        .limit(world.setup().directories())
        .map(path -> new DataDirOpening(store, path, CLUSTER, 1, () -> Optional.of("boot-" + boot)))
        .toList();
  }

  /** The process ends; it is started again after a while. */
  void end(Ending ending) {
    Optional<SimulatedNode> gone = node;
    gone.ifPresent(SimulatedNode::ended);
    node = Optional.empty();
    world.trace().add("the node is %s", ending);
    count(ending);
    for (PartitionLedger ledger : world.ledgers()) {
      ledger.nodeEnded(gone.map(n -> n.endingOf(ledger.partition(), ending)).orElse(ending));
    }
    faults.clear();
    if (ending == Ending.KILLED) {
      disk = disk.killClone();
    } else {
      boot++;
      disk = disk.crashClone(random.nextLong());
    }
    disk.limitTo(Long.MAX_VALUE);
    world.time().schedule(1 + random.nextInt(60), this::start);
  }

  private void count(Ending ending) {
    switch (ending) {
      case CLOSED -> world.stats().closes++;
      case KILLED -> world.stats().kills++;
      case POWER_LOST -> world.stats().powerLosses++;
    }
  }
}
