package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.TimeGuard;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirState;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A log directory at work: its shards, its flush thread, and the partitions whose logs lie in it.
 * Partitions are added and ended by one thread at a time (the manager's); looking them up is
 * thread-safe.
 *
 * <p>When its disk fails, {@link DataDir#fail} is the one channel: every partition here hears of it
 * on its shard and refuses what waits and what comes; other directories go on (S34).
 */
final class LogDirectory {
  private static final MillraceError SHUTTING_DOWN =
      new MillraceError(ErrorCode.NOT_LEADER, "the broker is shutting down");

  private final DataDir dir;
  private final ReplicaSettings settings;
  private final LogFiles files;
  private final Housekeeping housekeeping;
  private final Checkpoints checkpoints;
  private final Clock clock;
  private final FaultHandler faults;
  private final ReplicationPorts replication;
  private final List<Shard> shards = new ArrayList<>();
  private final Flusher flusher;
  private final Map<TopicIdPartition, HostedPartition> partitions = new ConcurrentHashMap<>();

  /** Logs that lie here and are not served: nobody touches them but to repair or delete them. */
  private final Map<TopicIdPartition, WithheldLog> withheld = new ConcurrentHashMap<>();

  /**
   * Logs that lie here while another directory's log of the same partition was opened: nobody
   * touches them until the metadata that show this process say which one counts.
   */
  private final Map<TopicIdPartition, TopicPartition> seconds = new ConcurrentHashMap<>();

  /**
   * Logs that were cut below what was durable, and nobody was told yet (S14). What was noted of
   * them stays until then, so that a start after this one finds the same.
   */
  private final Set<TopicIdPartition> untoldCuts = ConcurrentHashMap.newKeySet();

  /** Whether the threads run. */
  private boolean started;

  /** Whether every log that lies here and is not withheld was opened and has been here since. */
  private boolean complete;

  LogDirectory(
      DataDir dir,
      ReplicaSettings settings,
      TimeGuard timeGuard,
      Clock clock,
      FaultHandler faults,
      ReplicationPorts replication) {
    this.dir = dir;
    this.settings = settings;
    this.files = new LogFiles(dir, clock, new MapBudget(settings.housekeeping().openSegments()));
    this.housekeeping = new Housekeeping(this, files, timeGuard, faults);
    this.checkpoints = new Checkpoints(this, files, faults);
    this.clock = clock;
    this.faults = faults;
    this.replication = replication;
    String suffix = "-" + dir.path().getFileName();
    for (int i = 0; i < settings.threads().shards(); i++) {
      shards.add(new Shard("shard-" + i + suffix, settings.threads().shardLimits(), clock, faults));
    }
    this.flusher = new Flusher("flush" + suffix, this::diskFailed, faults);
  }

  /** Starts the threads that partitions need. */
  void start() {
    started = true;
    shards.forEach(Shard::start);
    flusher.start();
    dir.onOffline((failed, failure) -> tellAll(failure.toString()));
  }

  LogFiles files() {
    return files;
  }

  Housekeeping housekeeping() {
    return housekeeping;
  }

  /** All logs that lie here are open and hosted: background work begins. */
  void recovered() {
    if (!online()) {
      return;
    }
    complete = true;
    try {
      lowerHighWatermarks();
    } catch (IOException e) {
      dir.fail("note high watermarks", e);
      return;
    }
    housekeeping.start(settings.housekeeping().retentionCheckIntervalMs());
    checkpoints.start(settings.housekeeping().checkpointIntervalMs());
  }

  /**
   * What recovery cut off was not committed twice: before anything is appended in its place, no
   * high watermark may be noted above it, or after another crash that would count as committed.
   */
  private void lowerHighWatermarks() throws IOException {
    boolean cut =
        partitions.values().stream()
            .anyMatch(each -> each.view().logEndOffset() < files.highWatermark(each.id()));
    if (cut) {
      checkpoints.writeHighWatermarks();
    }
  }

  /** A log that lies here was cut below what was durable. */
  void cut(TopicIdPartition id) {
    untoldCuts.add(id);
  }

  /** The logs that were cut, as long as the controller does not know. */
  Set<TopicIdPartition> untoldCuts() {
    return untoldCuts;
  }

  /** What may be lost here is known to the controller. */
  void lossReported() {
    untoldCuts.clear();
    if (!online()) {
      return;
    }
    try {
      dir.confirmBoot();
    } catch (IOException e) {
      dir.fail("note the boot", e);
      return;
    }
    partitions.values().forEach(each -> each.onShard(PartitionRuntime::lossKnown));
  }

  UUID id() {
    return dir.directoryId();
  }

  DataDir dir() {
    return dir;
  }

  boolean online() {
    return dir.state() == DataDirState.ONLINE;
  }

  Collection<HostedPartition> partitions() {
    return partitions.values();
  }

  /** Whether a partition's log lies here that was opened, or is withheld. */
  boolean holds(TopicIdPartition id) {
    return partitions.containsKey(id) || withheld.containsKey(id);
  }

  /** A log that lies here is not to be served. */
  void withhold(TopicIdPartition id, TopicPartition name, WithheldLog.Reason reason) {
    withheld.put(id, new WithheldLog(name, reason));
  }

  /** The logs that lie here and are not served. */
  Map<TopicIdPartition, WithheldLog> withheld() {
    return withheld;
  }

  /** The logs that lie here while another directory's log of the same partition was opened. */
  Map<TopicIdPartition, TopicPartition> seconds() {
    return seconds;
  }

  /** All logs that lie here and are not open: what was noted of them stays noted. */
  Set<TopicIdPartition> unopened() {
    // In this order: what ceases to be a second one is found among the withheld.
    Set<TopicIdPartition> all = new HashSet<>(seconds.keySet());
    all.addAll(withheld.keySet());
    return all;
  }

  /**
   * Notes of all partitions what is noted of them.
   *
   * @return done when that is on disk; fails if the directory is offline
   */
  CompletableFuture<Void> noteSoon() {
    return checkpoints.writeSoon();
  }

  /**
   * Sees to it that nothing is noted of a partition that is not here any more. Of a log that is
   * made for it now, a recovery point of the former one would say after a crash that it had lost
   * what it never had. By one thread at a time; waits for the disk only if there may be a note.
   *
   * @throws java.util.concurrent.CompletionException if the directory is offline
   */
  void forgetNoted(TopicIdPartition id) {
    if (files.isNoted(id) || checkpoints.mayHaveNoted(id)) {
      files.forgetNoted(id);
      noteSoon().join();
    }
  }

  /** Puts an open log on a shard. */
  HostedPartition host(
      TopicIdPartition id, TopicPartition name, PartitionLog log, PartitionConfig config) {
    Shard shard = shards.get(Math.floorMod(id.hashCode(), shards.size()));
    LogTaskPort tasks =
        (runtime, task) -> flusher.run(task, () -> shard.post(() -> runtime.done(task)));
    NotedOffsets noted = NotedOffsets.of(files.recoveryPoint(id), files.highWatermark(id));
    RuntimePorts ports =
        new RuntimePorts(
            clock,
            shard,
            tasks,
            this::diskFailed,
            faults,
            replication.of(id, id()),
            (runtime, offset) -> lower(id, offset));
    LocalReplica replica =
        new LocalReplica(
            settings.brokerId(), name, files.highWatermark(id), settings.replicaLagTimeMaxMs());
    PartitionRuntime runtime = new PartitionRuntime(replica, log, config, ports);
    HostedPartition hosted =
        new HostedPartition(id, this, runtime, shard, noted, config, !log.syncedMark());
    partitions.put(id, hosted);
    // It may have missed the news.
    if (dir.isBootConfirmed()) {
      hosted.onShard(PartitionRuntime::lossKnown);
    }
    dir.failure().ifPresent(failure -> hosted.onShard(r -> r.logDirFailed(failure.toString())));
    return hosted;
  }

  private boolean lower(TopicIdPartition id, long offset) {
    HostedPartition hosted = partitions.get(id);
    if (hosted == null) {
      return true;
    }
    boolean low = hosted.noted().lower(offset);
    if (low) {
      hosted.onShard(runtime -> hosted.cut(offset));
    } else {
      checkpoints.lower(hosted, offset);
    }
    return low;
  }

  /** Ends a partition; its log is closed, unflushed, when the future completes. */
  CompletableFuture<Void> end(HostedPartition hosted, MillraceError refusal) {
    // Until then it must hear if the disk fails, or it would wait for ever.
    return hosted
        .startOnShard(runtime -> runtime.abandon(refusal))
        .thenRun(() -> partitions.remove(hosted.id(), hosted));
  }

  /** The disk failed under a partition. */
  void diskFailed(LogDirException cause) {
    dir.fail("partition " + cause.partitionDirectory().getFileName(), cause);
  }

  private void tellAll(String what) {
    for (HostedPartition hosted : partitions.values()) {
      hosted.onShard(runtime -> runtime.logDirFailed(what));
    }
  }

  /**
   * Ends everything in order: refuses what waits, flushes and closes the logs, ends the threads,
   * and says last of all that the directory was closed cleanly.
   */
  void close() {
    housekeeping.close();
    checkpoints.close();
    List<HostedPartition> all = List.copyOf(partitions.values());
    if (started) {
      CompletableFuture.allOf(
              all.stream().map(LogDirectory::close).toArray(CompletableFuture<?>[]::new))
          .join();
      flusher.close();
      shards.forEach(Shard::close);
    }
    try {
      finish();
    } catch (IOException e) {
      dir.fail("close", e);
    }
  }

  private void finish() throws IOException {
    try {
      if (complete && online()) {
        checkpoints.write();
        if (unopened().isEmpty() && untoldCuts.isEmpty()) {
          dir.markCleanlyClosed();
        }
      } else if (!started && dir.wasCleanlyClosed()) {
        dir.markCleanlyClosed();
      }
    } finally {
      dir.close();
    }
  }

  private static CompletableFuture<HostedPartition> close(HostedPartition hosted) {
    return hosted.askOnShard(
        runtime -> {
          runtime.close(SHUTTING_DOWN);
          return hosted;
        });
  }
}
