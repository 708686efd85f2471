package io.millrace.it.simulation;

import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.replica.CheckpointPort;
import io.millrace.broker.replica.DiskFailurePort;
import io.millrace.broker.replica.LogTaskPort;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.MetadataImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * A data directory of a {@link ClusterProcess}, with the replicas that lie in it: what a log
 * directory, its flush thread and its housekeeping are in production. Confined to the simulation's
 * thread.
 */
final class ReplicaDirectory implements LogTaskPort, DiskFailurePort, CheckpointPort {
  private static final int OPEN_SEGMENTS = 3;

  private final ClusterProcess process;
  private final DataDir dir;
  private final Map<TopicIdPartition, Long> recoveryPoints;
  private final Map<TopicIdPartition, Long> highWatermarks;
  private final List<ReplicaHost> replicas = new ArrayList<>();

  /** Nothing above it may be noted of a partition that is about to be cut there. */
  private final Map<TopicIdPartition, Long> ceilings = new HashMap<>();

  /** Logs that were cut below what was durable, and the controller was not told yet. */
  private final Set<TopicIdPartition> cut = new HashSet<>();

  private boolean failed;

  ReplicaDirectory(ClusterProcess process, DataDir dir) throws IOException {
    this.process = process;
    this.dir = dir;
    this.recoveryPoints = new HashMap<>(dir.recoveryPoints());
    this.highWatermarks = new HashMap<>(dir.highWatermarks());
  }

  UUID id() {
    return dir.directoryId();
  }

  /** Whether its disk has failed. */
  boolean failed() {
    return failed;
  }

  int size() {
    return replicas.size();
  }

  // ---- logs

  /** Opens every log that lies here and is wanted. */
  List<ReplicaHost> openAll(MetadataImage image, Predicate<TopicIdPartition> wanted)
      throws IOException {
    List<ReplicaHost> opened = new ArrayList<>();
    for (PartitionDirectory.Found found : PartitionDirectory.scan(dir.store(), dir.path())) {
      if (found.id().filter(wanted).isPresent()) {
        TopicIdPartition id = found.id().get();
        PartitionConfig config = process.world().configs().of(image, id);
        ReplicaHost host = open(found.name(), id, config);
        if (host.log().recovery().unclean()) {
          cut.add(id);
        }
        process
            .world()
            .ledger(host.number())
            .recovered(process, host.log(), dir.mayHaveLostPageCache());
        opened.add(host);
      }
    }
    if (opened.stream()
        .anyMatch(
            host -> host.view().logEndOffset() < highWatermarks.getOrDefault(host.id(), 0L))) {
      // What recovery cut off was not committed twice.
      writeNotes();
    }
    return opened;
  }

  /** Whether a log of a partition lies here. */
  boolean has(TopicIdPartition id) {
    try {
      return PartitionDirectory.scan(dir.store(), dir.path()).stream()
          .anyMatch(found -> found.id().filter(id::equals).isPresent());
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes an empty log. */
  ReplicaHost create(TopicPartition name, TopicIdPartition id, PartitionConfig config)
      throws IOException {
    // What is noted of a former log there would make this one a damaged one, which nobody repairs
    // here.
    writeNotes();
    recoveryPoints.remove(id);
    highWatermarks.remove(id);
    if (dir.store().exists(PartitionDirectory.of(dir.path(), name))) {
      PartitionDirectory.delete(dir.store(), PartitionDirectory.of(dir.path(), name));
    }
    return open(name, id, config);
  }

  private ReplicaHost open(TopicPartition name, TopicIdPartition id, PartitionConfig config) {
    PartitionLog log =
        PartitionLog.open(
            new LogOpening(
                dir.store(),
                PartitionDirectory.of(dir.path(), name),
                id,
                name,
                config.log(),
                process.clock(),
                new MapBudget(OPEN_SEGMENTS),
                recoveryPoints.getOrDefault(id, 0L),
                dir.wasCleanlyClosed(),
                RecoveryProgress.NONE));
    ReplicaHost host =
        new ReplicaHost(process, this, id, name, log, config, highWatermarks.getOrDefault(id, 0L));
    replicas.add(host);
    if (dir.isBootConfirmed()) {
      process.shard().post(host.runtime()::lossKnown);
    }
    return host;
  }

  /** Deletes a replica. */
  void delete(ReplicaHost host) {
    replicas.remove(host);
    boolean madeAnew = replicas.stream().anyMatch(other -> other.id().equals(host.id()));
    try {
      if (!failed && !madeAnew) {
        PartitionDirectory.delete(
            dir.store(),
            PartitionDirectory.moveAside(
                dir.store(), PartitionDirectory.of(dir.path(), host.name()), host.id()));
      }
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  // ---- what may be lost (S14)

  /** The replicas here that may lack what they had acknowledged. */
  Set<TopicIdPartition> possiblyLost() {
    Set<TopicIdPartition> lost = new HashSet<>(cut);
    if (dir.mayHaveLostPageCache()) {
      replicas.stream().filter(ReplicaHost::inDoubt).forEach(host -> lost.add(host.id()));
    }
    return lost;
  }

  /** The controller knows of {@link #possiblyLost}. */
  void lossReported() {
    if (failed) {
      return;
    }
    cut.clear();
    try {
      dir.confirmBoot();
    } catch (IOException e) {
      takeOffline(e.toString());
      return;
    }
    replicas.forEach(host -> process.shard().post(host.runtime()::lossKnown));
  }

  // ---- tasks and failures

  @Override
  public void run(PartitionRuntime runtime, LogTask task) {
    int slow = process.random().nextInt(30) == 0 ? 60_000 : 1_500;
    process.later(1 + process.random().nextInt(slow), () -> runNow(runtime, task));
  }

  private void runNow(PartitionRuntime runtime, LogTask task) {
    if (failed) {
      return;
    }
    try {
      task.run();
      process.shard().post(() -> runtime.done(task));
    } catch (LogDirException e) {
      diskFailed(e);
    }
  }

  @Override
  public void diskFailed(LogDirException cause) {
    takeOffline(String.valueOf(cause.getMessage()));
  }

  void takeOffline(String what) {
    if (failed) {
      return;
    }
    failed = true;
    process.world().trace().add("%s: the disk failed: %s", process, what);
    dir.fail(what, new IOException(what));
    for (ReplicaHost host : replicas) {
      process.shard().post(() -> host.runtime().logDirFailed(what));
    }
    process.session().directoryFailed(id());
    process.restartSoon();
  }

  // ---- what is noted

  @Override
  public boolean lower(PartitionRuntime runtime, long offset) {
    TopicIdPartition id = host(runtime).id();
    ceilings.put(id, offset);
    boolean low =
        recoveryPoints.getOrDefault(id, 0L) <= offset
            && highWatermarks.getOrDefault(id, 0L) <= offset;
    if (low) {
      process.shard().post(() -> ceilings.remove(id));
    } else {
      process.later(
          process.random().nextInt(3_000),
          () -> {
            writeNotes();
            process
                .shard()
                .post(
                    () -> {
                      runtime.lowered();
                      process.shard().post(() -> ceilings.remove(id));
                    });
          });
    }
    return low;
  }

  private ReplicaHost host(PartitionRuntime runtime) {
    return replicas.stream().filter(host -> host.runtime() == runtime).findFirst().orElseThrow();
  }

  /** What runs from time to time. */
  void keepHouse() {
    writeNotes();
    if (process.random().nextInt(2) == 0) {
      replicas.forEach(host -> process.shard().post(host.runtime()::requestFlush));
    }
    replicas.forEach(host -> process.shard().post(() -> retain(host)));
  }

  private void retain(ReplicaHost host) {
    long delayMs = host.config().log().fileDeleteDelayMs();
    var unused =
        host.runtime()
            .applyRetention(true)
            .thenAccept(
                detached ->
                    detached.forEach(
                        segment -> process.time().schedule(delayMs, () -> delete(segment))));
  }

  private void delete(DetachedSegment segment) {
    try {
      segment.delete();
    } catch (LogDirException e) {
      diskFailed(e);
    }
  }

  private void writeNotes() {
    if (failed) {
      return;
    }
    try {
      note(recoveryPoints, host -> host.runtime().recoveryPoint());
      dir.writeRecoveryPoints(recoveryPoints);
      note(highWatermarks, host -> process.world().bugs().notedHighWatermark(host.view()));
      dir.writeHighWatermarks(highWatermarks);
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }

  private void note(Map<TopicIdPartition, Long> notes, ToLongFunction<ReplicaHost> value) {
    notes.clear();
    for (ReplicaHost host : replicas) {
      long ceiling = ceilings.getOrDefault(host.id(), Long.MAX_VALUE);
      if (!cut.contains(host.id())) {
        notes.put(host.id(), Math.min(ceiling, value.applyAsLong(host)));
      }
    }
  }

  /** Ends in order, after its partitions did. */
  void close() {
    writeNotes();
    try {
      if (!failed && cut.isEmpty()) {
        dir.markCleanlyClosed();
      }
      dir.close();
    } catch (IOException e) {
      takeOffline(e.toString());
    }
  }
}
