package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.RetentionInput;
import io.millrace.broker.log.TimeGuard;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.replica.PartitionDriver;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.it.simulation.Messages.Request;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A broker's process, from its start to its end: what the replica manager, the shards and the
 * services are to the partitions in production, on the simulation's thread.
 */
final class SimulatedNode implements SimulatedNetwork.Receiver, PartitionDriver {
  static final int BROKER_ID = 1;

  private final World world;
  private final SimulatedMachine machine;
  private final SplittableRandom random;
  private final CrashingFileStore door;
  private final TimeGuard timeGuard;
  private final long wallAheadAtStartMs;
  private final List<SimulatedDirectory> directories = new ArrayList<>();
  private final List<HostedPartition> partitions = new ArrayList<>();
  private final List<PartitionRuntime> touched = new ArrayList<>();
  private Ending endingOfCrash = Ending.KILLED;
  private boolean alive = true;
  private boolean serving;
  private boolean restarting;

  SimulatedNode(
      World world, SimulatedMachine machine, SplittableRandom random, CrashingFileStore door) {
    this.world = world;
    this.machine = machine;
    this.random = random;
    this.door = door;
    this.timeGuard = new TimeGuard(machine.clock());
    this.wallAheadAtStartMs = machine.clock().wallMs() - machine.clock().monotonicMs();
  }

  /** Whether it takes connections. */
  boolean serves() {
    return alive && serving;
  }

  boolean isAlive() {
    return alive;
  }

  World world() {
    return world;
  }

  SimulatedMachine machine() {
    return machine;
  }

  SplittableRandom random() {
    return random;
  }

  /** Ends the process at a change of its disk to come. */
  void crashAt(int change, CrashingFileStore.LastChange last, Ending ending) {
    endingOfCrash = ending;
    door.crashAt(change, last);
  }

  /** The process is gone. */
  void ended() {
    alive = false;
    door.end();
    world.network().nodeDied(this);
  }

  /** Does something as the process does: with its end in the middle of it, if that comes. */
  void run(Runnable work) {
    if (!alive) {
      return;
    }
    try {
      work.run();
    } catch (CrashSignal crash) {
      machine.end(endingOfCrash);
    }
  }

  /** Does something later, if the process lives so long. */
  void later(long delayMicros, Runnable work) {
    world.time().scheduleMicros(delayMicros, () -> run(work));
  }

  // ---- start and end

  void start(List<DataDirOpening> openings) {
    run(
        () -> {
          try {
            for (DataDirOpening opening : openings) {
              directories.add(new SimulatedDirectory(this, opening));
            }
            for (int i = 0; i < world.setup().partitions().size(); i++) {
              SimulatedDirectory directory = directories.get(i % directories.size());
              HostedPartition partition = new HostedPartition(this, i, directory);
              directory.add(partition);
              partitions.add(partition);
            }
            for (SimulatedDirectory directory : directories) {
              directory.recovered();
            }
            becomeReady();
          } catch (IOException | LogDirException e) {
            world.trace().add("the node does not come up: %s", e);
            restartSoon();
          }
        });
  }

  private void becomeReady() {
    world.trace().add("the node is up: %s", partitions.toString());
    serving = true;
    for (HostedPartition partition : partitions) {
      later(random.nextInt(random.nextInt(4) == 0 ? 100_000 : 5_000), partition::lead);
    }
    later(random.nextInt(30_000), this::housekeeping);
  }

  private void housekeeping() {
    directories.forEach(SimulatedDirectory::keepHouse);
    later(20_000 + random.nextInt(100_000), this::housekeeping);
  }

  /** Ends in order. */
  void close() {
    run(
        () -> {
          long failedBefore = failedDirectories();
          if (!serving || failedBefore == directories.size()) {
            return;
          }
          partitions.forEach(HostedPartition::close);
          finishRuns();
          directories.forEach(SimulatedDirectory::close);
          if (failedDirectories() == failedBefore) {
            machine.end(Ending.CLOSED);
          }
        });
  }

  private long failedDirectories() {
    return directories.stream().filter(SimulatedDirectory::failed).count();
  }

  /** How a partition sees the process come to such an end; the power goes after an orderly one. */
  Ending endingOf(int partition, Ending ending) {
    boolean known = partition < partitions.size();
    return ending == Ending.CLOSED && known && partitions.get(partition).directory().failed()
        ? Ending.POWER_LOST
        : ending;
  }

  /** What retention goes by now. */
  RetentionInput retentionInput(long highWatermark) {
    boolean trusted =
        timeGuard.isTrusted() || world.plants().has(PlantedBug.RETENTION_BY_A_WRONG_CLOCK);
    return new RetentionInput(machine.clock().wallMs(), highWatermark, trusted);
  }

  /** Whether the wall clock has moved by more than ten minutes too much since the start (S27). */
  boolean clockIsOff() {
    long aheadMs = machine.clock().wallMs() - machine.clock().monotonicMs() - wallAheadAtStartMs;
    return Math.abs(aheadMs) > 10 * 60_000;
  }

  /** Looks at the partitions before something changes that they go by. */
  void observe() {
    run(() -> partitions.forEach(HostedPartition::observe));
  }

  /** The metadata changes: another leader epoch, perhaps without a leader for a while. */
  void changeLeaderEpoch() {
    run(
        () -> {
          if (serving) {
            partitions.get(random.nextInt(partitions.size())).changeLeaderEpoch();
          }
        });
  }

  // ---- ports

  @Override
  public void touched(PartitionRuntime runtime) {
    if (touched.isEmpty()) {
      later(random.nextInt(300), this::finishRuns);
    }
    touched.add(runtime);
  }

  private void finishRuns() {
    List<PartitionRuntime> now = List.copyOf(touched);
    touched.clear();
    now.forEach(PartitionRuntime::finishRun);
    partitions.forEach(HostedPartition::observe);
  }

  @Override
  public void tickAt(PartitionRuntime runtime, long atMs) {
    later(1_000 * Math.max(0, atMs - machine.clock().monotonicMs()), runtime::tick);
  }

  /** One of the directories has failed; the others go on. */
  void directoryFailed(String what) {
    world.stats().diskErrors++;
    world.stats().loneDiskErrors += failedDirectories() < directories.size() ? 1 : 0;
    if (world.plants().has(PlantedBug.DISK_FAILURE_SPREADS)) {
      directories.forEach(directory -> directory.tellAll(what));
    }
    if (!restarting) {
      restartSoon();
    }
  }

  /** Somebody sees to the disk and starts the process again. */
  private void restartSoon() {
    restarting = true;
    world.stats().diskErrors += serving ? 0 : 1;
    later(
        20_000 + random.nextInt(80_000),
        () -> machine.end(random.nextInt(3) == 0 ? Ending.POWER_LOST : Ending.KILLED));
  }

  // ---- network

  @Override
  public void receive(Connection from, Object message) {
    if (message instanceof Request request) {
      run(
          () -> {
            if (request.partition() < partitions.size()) {
              partitions.get(request.partition()).receive(from, request);
            }
          });
    }
  }

  @Override
  public void closed(Connection connection) {
    run(() -> partitions.forEach(partition -> partition.forget(connection)));
  }

  @Override
  public String toString() {
    return "node";
  }
}
