package io.millrace.it.simulation;

import io.millrace.broker.log.dir.DataDirException;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.metadata.image.MetadataImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * A broker's machine: its disk, its clock, and the process that runs on it, if one does. Confined
 * to the simulation's thread.
 */
final class ClusterMachine {
  private static final String CLUSTER = "simulated";

  private final int id;
  private final ClusterWorld world;
  private final SplittableRandom random;
  private final SimulatedClock clock;
  private final FaultPlan faults = new FaultPlan();
  private MemoryFileStore disk = new MemoryFileStore();
  private int boot = 1;
  private int processes;

  /** The machine has no power: it does not even refuse connections. */
  private boolean off;

  /** What the last process knew of the metadata, and has on its disk. */
  private MetadataImage knownImage = MetadataImage.EMPTY;

  private Optional<ClusterProcess> process = Optional.empty();

  ClusterMachine(int id, ClusterWorld world, SplittableRandom random, ClockRate rate) {
    this.id = id;
    this.world = world;
    this.random = random;
    this.clock =
        new SimulatedClock(
            world.time(), random.nextLong(1L << 40), random.nextInt(401) - 200, rate);
  }

  int id() {
    return id;
  }

  SimulatedClock clock() {
    return clock;
  }

  FaultPlan faults() {
    return faults;
  }

  boolean isOff() {
    return off;
  }

  /** The process that runs, if one does. */
  Optional<ClusterProcess> process() {
    return process;
  }

  List<Path> directories() {
    return IntStream.range(0, world.setup().directories())
        .mapToObj(number -> Path.of("/data-" + number))
        .toList();
  }

  /** Prepares the empty disk as an operator would, and starts the process. */
  void install() {
    format();
    start();
  }

  private void format() {
    try {
      for (DataDirOpening opening : openings(disk)) {
        opening.format(new UUID(id, random.nextLong() | 2));
      }
    } catch (DataDirException e) {
      throw new InvariantViolation("an empty disk can't be formatted: " + e);
    }
  }

  private List<DataDirOpening> openings(FileStore store) {
    return directories().stream()
        .map(
            path -> new DataDirOpening(store, path, CLUSTER, id, () -> Optional.of("boot-" + boot)))
        .toList();
  }

  /** Starts the process, now. */
  void start() {
    if (process.isPresent()) {
      return;
    }
    off = false;
    CrashingFileStore door = new CrashingFileStore(new FaultyFileStore(disk, faults), disk::giveUp);
    ClusterProcess started =
        new ClusterProcess(
            this,
            world,
            new ClusterProcess.Birth(
                world.bugs().incarnation(id, ++processes), random.split(), door, knownImage));
    process = Optional.of(started);
    started.start(openings(world.bugs().disk(door)));
  }

  /**
   * The process ends, if there is one; another one is started after a while.
   *
   * @param wipe whether the disk is lost too
   */
  void end(Ending ending, boolean wipe) {
    if (process.isEmpty()) {
      return;
    }
    ClusterProcess gone = process.get();
    process = Optional.empty();
    off = ending == Ending.POWER_LOST;
    world.trace().add("broker %d is %s%s", id, ending, wipe ? ", and its disk is gone" : "");
    gone.ended(ending);
    faults.clear();
    knownImage = random.nextInt(3) == 0 ? MetadataImage.EMPTY : gone.metadata().image();
    if (wipe) {
      disk = new MemoryFileStore();
      knownImage = MetadataImage.EMPTY;
      boot++;
      format();
      world.ledgers().forEach(ledger -> ledger.wiped(id));
    } else if (ending == Ending.POWER_LOST) {
      boot++;
      disk = disk.crashClone(random.nextLong());
    } else {
      disk = disk.killClone();
    }
    world.ledgers().forEach(ledger -> ledger.ended(id, ending));
    world.time().schedule(drawDownMs(), this::start);
  }

  /** Soon, or only after the others have given it up. */
  private long drawDownMs() {
    return world.isHealed() || random.nextBoolean()
        ? 5 + random.nextInt(100)
        : 300 + random.nextInt(1_500);
  }

  @Override
  public String toString() {
    return "machine " + id;
  }
}
