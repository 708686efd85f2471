package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.replica.DiskFailurePort;
import io.millrace.broker.replica.LogTaskPort;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.common.TopicIdPartition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A data directory of a {@link SimulatedNode}, with the partitions that lie in it: what a log
 * directory and its flush thread are in production. It fails alone. Confined to the simulation's
 * thread.
 */
final class SimulatedDirectory implements LogTaskPort, DiskFailurePort {
  private final SimulatedNode node;
  private final DataDir dir;
  private final Map<TopicIdPartition, Long> recoveryPoints;
  private final List<HostedPartition> partitions = new ArrayList<>();
  private boolean failed;

  /** Opens it, which may fail as the disk may. */
  SimulatedDirectory(SimulatedNode node, DataDirOpening opening) throws IOException {
    this.node = node;
    this.dir = opening.open();
    this.recoveryPoints = dir.recoveryPoints();
    if (node.world().plants().has(PlantedBug.BOOT_CONFIRMED_TOO_EARLY)) {
      dir.confirmBoot();
    }
  }

  DataDir dir() {
    return dir;
  }

  long recoveryPointOf(TopicIdPartition id) {
    return recoveryPoints.getOrDefault(id, 0L);
  }

  /** Whether its disk has failed. */
  boolean failed() {
    return failed;
  }

  void add(HostedPartition partition) {
    partitions.add(partition);
  }

  /** Its logs are recovered. */
  void recovered() throws IOException {
    dir.confirmBoot();
  }

  /** What runs from time to time. */
  void keepHouse() {
    if (failed) {
      return;
    }
    partitions.forEach(HostedPartition::keepHouse);
    if (node.random().nextInt(3) == 0) {
      writeRecoveryPoints();
    }
  }

  private void writeRecoveryPoints() {
    Map<TopicIdPartition, Long> points = new HashMap<>();
    partitions.forEach(partition -> points.put(partition.id(), partition.recoveryPoint()));
    try {
      dir.writeRecoveryPoints(points);
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  /** Ends in order, after its partitions did: if all is well it says that it was closed cleanly. */
  void close() {
    if (!failed) {
      writeRecoveryPoints();
    }
    try {
      if (!failed) {
        dir.markCleanlyClosed();
      }
      dir.close();
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  @Override
  public void run(PartitionRuntime runtime, LogTask task) {
    long slow = node.random().nextInt(30) == 0 ? 200_000 : 2_000;
    node.later(node.random().nextLong(slow), () -> runNow(runtime, task));
  }

  private void runNow(PartitionRuntime runtime, LogTask task) {
    if (failed) {
      return;
    }
    try {
      task.run();
      LogTask done = node.world().plants().done(runtime, task);
      node.later(node.random().nextInt(500), () -> runtime.done(done));
    } catch (LogDirException e) {
      diskFailed(e);
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  @Override
  public void diskFailed(LogDirException cause) {
    takeOffline(String.valueOf(cause.getMessage()));
  }

  private void takeOffline(String what) {
    if (failed) {
      return;
    }
    failed = true;
    node.world().trace().add("the disk failed: %s", what);
    dir.fail(what, new IOException(what));
    tellAll(what);
    node.directoryFailed(what);
  }

  void tellAll(String what) {
    for (HostedPartition partition : partitions) {
      node.later(node.random().nextInt(2_000), () -> partition.logDirFailed(what));
    }
  }
}
