package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.RetentionInput;
import io.millrace.broker.log.TimeGuard;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.replica.DiskFailurePort;
import io.millrace.broker.replica.LogTaskPort;
import io.millrace.broker.replica.PartitionDriver;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.common.TopicIdPartition;
import io.millrace.it.simulation.Messages.Request;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A broker's process, from its start to its end: what the replica manager, the shards, the flush
 * thread and the services are to the partitions in production, on the simulation's thread.
 */
final class SimulatedNode
    implements SimulatedNetwork.Receiver, PartitionDriver, LogTaskPort, DiskFailurePort {
  static final int BROKER_ID = 1;

  private final World world;
  private final SimulatedMachine machine;
  private final SplittableRandom random;
  private final CrashingFileStore door;
  private final TimeGuard timeGuard;
  private final List<HostedPartition> partitions = new ArrayList<>();
  private final List<PartitionRuntime> touched = new ArrayList<>();
  private Optional<DataDir> dataDir = Optional.empty();
  private Ending endingOfCrash = Ending.KILLED;
  private boolean alive = true;
  private boolean serving;
  private boolean diskFailed;

  SimulatedNode(
      World world, SimulatedMachine machine, SplittableRandom random, CrashingFileStore door) {
    this.world = world;
    this.machine = machine;
    this.random = random;
    this.door = door;
    this.timeGuard = new TimeGuard(machine.clock());
  }

  /** Whether it takes connections. */
  boolean serves() {
    return alive && serving;
  }

  boolean isAlive() {
    return alive;
  }

  boolean diskFailed() {
    return diskFailed;
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

  void start(DataDirOpening opening) {
    run(
        () -> {
          try {
            DataDir dir = opening.open();
            dataDir = Optional.of(dir);
            Map<TopicIdPartition, Long> recoveryPoints = dir.recoveryPoints();
            for (int i = 0; i < world.setup().partitions().size(); i++) {
              partitions.add(new HostedPartition(this, i, dir, recoveryPoints));
            }
            dir.confirmBoot();
            becomeReady();
          } catch (IOException | LogDirException e) {
            world.trace().add("the node does not come up: %s", e);
            failed();
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
    if (diskFailed) {
      return;
    }
    for (HostedPartition partition : partitions) {
      partition.keepHouse();
    }
    if (random.nextInt(3) == 0) {
      writeRecoveryPoints();
    }
    later(20_000 + random.nextInt(100_000), this::housekeeping);
  }

  private void writeRecoveryPoints() {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    partitions.forEach(partition -> points.put(partition.id(), partition.recoveryPoint()));
    try {
      dataDir.orElseThrow().writeRecoveryPoints(points);
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  /** Ends in order. */
  void close() {
    run(
        () -> {
          if (!serving || diskFailed) {
            return;
          }
          partitions.forEach(HostedPartition::close);
          finishRuns();
          writeRecoveryPoints();
          if (!diskFailed) {
            markClosed();
          }
          if (!diskFailed) {
            machine.end(Ending.CLOSED);
          }
        });
  }

  private void markClosed() {
    try {
      dataDir.orElseThrow().markCleanlyClosed();
      dataDir.orElseThrow().close();
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  /** What retention goes by now. */
  RetentionInput retentionInput(long highWatermark) {
    return new RetentionInput(machine.clock().wallMs(), highWatermark, timeGuard.isTrusted());
  }

  /** The metadata changes: another leader epoch, perhaps without a leader for a while. */
  void changeLeaderEpoch() {
    run(
        () -> {
          if (serving && !diskFailed) {
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

  @Override
  public void run(PartitionRuntime runtime, LogTask task) {
    long slow = random.nextInt(30) == 0 ? 200_000 : 2_000;
    later(random.nextLong(slow), () -> runTask(runtime, task));
  }

  private void runTask(PartitionRuntime runtime, LogTask task) {
    if (diskFailed) {
      return;
    }
    try {
      task.run();
      later(random.nextInt(500), () -> runtime.done(task));
    } catch (LogDirException e) {
      diskFailed(e);
    }
  }

  @Override
  public void diskFailed(LogDirException cause) {
    takeOffline(String.valueOf(cause.getMessage()));
  }

  void takeOffline(String what) {
    if (diskFailed) {
      return;
    }
    world.trace().add("the disk failed: %s", what);
    dataDir.orElseThrow().fail(what, new IOException(what));
    for (HostedPartition partition : partitions) {
      later(random.nextInt(2_000), () -> partition.logDirFailed(what));
    }
    failed();
  }

  /** Somebody sees to the disk and starts the process again. */
  private void failed() {
    diskFailed = true;
    world.stats().diskErrors++;
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
