package io.millrace.broker.replica;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.Clock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logs of a log directory as files: finds, opens, makes and moves them. Opening is thread-safe;
 * the rest is called by one thread at a time. Every failure means that the directory is done for:
 * the caller says so to it.
 */
final class LogFiles {
  private static final Logger LOG = LoggerFactory.getLogger(LogFiles.class);
  private static final String STRAY = ".stray";

  private final DataDir dir;
  private final Clock clock;
  private final MapBudget budget;

  /** What the last process noted; read by {@link #scan}. */
  private volatile Map<TopicIdPartition, Long> recoveryPoints = Map.of();

  /** Likewise. */
  private volatile Map<TopicIdPartition, Long> highWatermarks = Map.of();

  LogFiles(DataDir dir, Clock clock, MapBudget budget) {
    this.dir = dir;
    this.clock = clock;
    this.budget = budget;
  }

  /** The partitions whose directories are there. */
  List<PartitionDirectory.Found> scan() throws IOException {
    recoveryPoints = Map.copyOf(dir.recoveryPoints());
    highWatermarks = Map.copyOf(dir.highWatermarks());
    return PartitionDirectory.scan(dir.store(), dir.path());
  }

  /**
   * Opens a log that was found, which recovers it if need be.
   *
   * @throws io.millrace.broker.log.LogDirException if the disk fails
   */
  PartitionLog open(
      TopicPartition name, TopicIdPartition id, LogConfig config, RecoveryProgress progress) {
    return PartitionLog.open(opening(name, id, config, recoveryPoint(id), progress));
  }

  /**
   * The same of a damaged log: it ends before the damage.
   *
   * @param recoveryPoint what was noted of it
   */
  PartitionLog openExpendable(LogRecovery.Found found, long recoveryPoint) {
    return PartitionLog.open(
        opening(
                found.name(),
                found.id(),
                found.config().log(),
                recoveryPoint,
                RecoveryProgress.NONE)
            .withExpendable());
  }

  private LogOpening opening(
      TopicPartition name,
      TopicIdPartition id,
      LogConfig config,
      long recoveryPoint,
      RecoveryProgress progress) {
    return new LogOpening(
        dir.store(),
        PartitionDirectory.of(dir.path(), name),
        id,
        name,
        config,
        clock,
        budget,
        recoveryPoint,
        dir.wasCleanlyClosed(),
        progress);
  }

  /** What the last process noted of a log does not hold any more. By one thread at a time. */
  void forgetNoted(TopicIdPartition id) {
    recoveryPoints = without(recoveryPoints, id);
    highWatermarks = without(highWatermarks, id);
  }

  /** Whether the last process noted something of a log, and that was not forgotten since. */
  boolean isNoted(TopicIdPartition id) {
    return recoveryPoints.containsKey(id) || highWatermarks.containsKey(id);
  }

  private static Map<TopicIdPartition, Long> without(
      Map<TopicIdPartition, Long> noted, TopicIdPartition id) {
    Map<TopicIdPartition, Long> left = new HashMap<>(noted);
    left.remove(id);
    return Map.copyOf(left);
  }

  /** Up to where a log that was found had been on disk, as the last process noted. */
  long recoveryPoint(TopicIdPartition id) {
    return recoveryPoints.getOrDefault(id, 0L);
  }

  /** The high watermark of a log that was found, as the last process noted. */
  long highWatermark(TopicIdPartition id) {
    return highWatermarks.getOrDefault(id, 0L);
  }

  /** Makes an empty log; what has its name and is another's moves out of the way. */
  PartitionLog create(TopicPartition name, TopicIdPartition id, LogConfig config)
      throws IOException {
    Path path = PartitionDirectory.of(dir.path(), name);
    if (dir.store().exists(path)) {
      clear(path, name);
    }
    return PartitionLog.open(opening(name, id, config, 0, RecoveryProgress.NONE));
  }

  private void clear(Path path, TopicPartition name) throws IOException {
    boolean holdsRecords =
        dir.store().list(path).stream().anyMatch(file -> file.toString().endsWith(".log"));
    if (holdsRecords) {
      setAside(name);
    } else {
      // A crash interrupted its making.
      PartitionDirectory.delete(dir.store(), path);
    }
  }

  /**
   * Takes a log that is not this cluster's any more out of the way and keeps it: whether it can go
   * is for a person to say.
   */
  void setAside(TopicPartition name) throws IOException {
    setAside(name, "belongs to no topic of this cluster");
  }

  /**
   * The same of any log that is not open.
   *
   * @param why what is said of it to the person
   */
  void setAside(TopicPartition name, String why) throws IOException {
    Path path = PartitionDirectory.of(dir.path(), name);
    int n = 0;
    Path aside;
    do {
      aside = path.resolveSibling(name + "." + n + STRAY);
      n++;
    } while (dir.store().exists(aside));
    dir.store().rename(path, aside);
    dir.store().forceDirectory(dir.path());
    LOG.warn(
        "[data directory {}] {} {} and is kept as {}: delete it by hand if it is not needed",
        dir.path(),
        name,
        why,
        aside.getFileName());
  }

  /** The names of the logs that were set aside, now or before. */
  List<String> strays() throws IOException {
    return dir.store().list(dir.path()).stream()
        .map(path -> String.valueOf(path.getFileName()))
        .filter(each -> each.endsWith(STRAY))
        .sorted()
        .toList();
  }

  /** Moves a deleted log's directory aside, so that its name is free; its log is closed. */
  Path moveAside(TopicPartition name, TopicIdPartition id) throws IOException {
    return PartitionDirectory.moveAside(dir.store(), PartitionDirectory.of(dir.path(), name), id);
  }

  /** The directories of deleted logs whose deletion has not ended. */
  List<Path> movedAside() throws IOException {
    return PartitionDirectory.movedAside(dir.store(), dir.path());
  }

  void delete(Path aside) throws IOException {
    PartitionDirectory.delete(dir.store(), aside);
  }
}
